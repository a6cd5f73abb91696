// The points of series in a store.
#pragma once

#include <string>
#include <vector>

#include "reports/store/record.h"
#include "reports/store/sqlite.h"

namespace flm {

/// Store::points, newest schema or none: a store of version 1 that is only read has no table.
std::vector<PointRecord> read_points(SqliteDatabase& database, const std::string& series);

/// Store::put_point, inside a transaction.
void write_point(SqliteDatabase& database, const PointRecord& point);

}  // namespace flm
