// The tables of a store.
#pragma once

#include "reports/store/sqlite.h"

namespace flm {

/// Makes the tables in an empty file; UserError for a newer schema or a foreign database.
void prepare_schema(SqliteDatabase& database);

}  // namespace flm
