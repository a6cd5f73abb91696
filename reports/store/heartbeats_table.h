// The signs of life of runs: rows of the store's table `heartbeats`, one a run.
#pragma once

#include <optional>
#include <string>

#include "reports/store/record.h"
#include "reports/store/sqlite.h"

namespace flm {

/// Nothing for a run that gave none, and in a store that an older program made.
std::optional<HeartbeatRecord> read_heartbeat(SqliteDatabase& database, const std::string& run);

/// In place of the run's last one.
void write_heartbeat(SqliteDatabase& database, const HeartbeatRecord& heartbeat);

}  // namespace flm
