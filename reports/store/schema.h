// The tables of a store.
#pragma once

#include "reports/store/sqlite.h"

namespace flm {

/// UserError for a file that is no store of this or an older version. An empty one, which a run
/// leaves that could not begin, is read as a store without runs.
void check_schema(SqliteDatabase& database);

/// Makes the tables in an empty file; UserError for a newer schema or a foreign database.
void prepare_schema(SqliteDatabase& database);

}  // namespace flm
