// The tables of a store.
#pragma once

#include "reports/store/sqlite.h"

namespace flm {

/// UserError for a file that is no store of this or an older version.
void check_schema(SqliteDatabase& database);

/// Makes the tables in an empty file; UserError for a newer schema or a foreign database.
void prepare_schema(SqliteDatabase& database);

}  // namespace flm
