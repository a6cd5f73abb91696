#include "reports/store/heartbeats_table.h"

namespace flm {

std::optional<HeartbeatRecord> read_heartbeat(SqliteDatabase& database, const std::string& run) {
  if (database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'heartbeats'") == "0")
    return std::nullopt;
  SqliteStatement get(database, "SELECT at, what, done, total FROM heartbeats WHERE run = ?");
  get.bind(run);
  if (!get.step()) return std::nullopt;
  HeartbeatRecord out;
  out.run = run;
  out.at = get.text();
  out.what = get.text();
  out.done = get.integer();
  out.total = get.integer();
  get.reset();
  return out;
}

void write_heartbeat(SqliteDatabase& database, const HeartbeatRecord& heartbeat) {
  SqliteStatement(database,
                  "INSERT OR REPLACE INTO heartbeats (run, at, what, done, total) "
                  "VALUES (?,?,?,?,?)")
      .bind(heartbeat.run)
      .bind(heartbeat.at)
      .bind(heartbeat.what)
      .bind(heartbeat.done)
      .bind(heartbeat.total)
      .run();
}

}  // namespace flm
