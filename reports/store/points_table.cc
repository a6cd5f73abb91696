#include "reports/store/points_table.h"

namespace flm {
namespace {

constexpr const char* kColumns =
    "series, checkpoint, path, layout, step, tokens, tokens_source, flops, flops_source, state, "
    "reason, run, weights_hash, written, noted, tries";

PointRecord read_point(SqliteStatement& row) {
  PointRecord p;
  for (std::string* field : {&p.series, &p.checkpoint, &p.path, &p.layout}) *field = row.text();
  p.step = row.integer();
  for (std::string* field : {&p.tokens, &p.tokens_source, &p.flops, &p.flops_source, &p.state,
                             &p.reason, &p.run, &p.weights_hash, &p.written, &p.noted}) {
    *field = row.text();
  }
  p.tries = static_cast<int>(row.integer());
  return p;
}

}  // namespace

std::vector<PointRecord> read_points(SqliteDatabase& database, const std::string& series) {
  std::vector<PointRecord> out;
  if (database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'points'") == "0") return out;
  SqliteStatement get(database, std::string("SELECT ") + kColumns +
                                    " FROM points WHERE ?1 = '' OR series = ?1"
                                    " ORDER BY series, step, path, run");
  get.bind(series);
  while (get.step()) out.push_back(read_point(get));
  return out;
}

void write_point(SqliteDatabase& database, const PointRecord& p) {
  SqliteStatement(database, "DELETE FROM points WHERE series = ? AND path = ? AND run = ''")
      .bind(p.series)
      .bind(p.path)
      .run();
  SqliteStatement put(database, std::string("INSERT OR REPLACE INTO points (") + kColumns +
                                    ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  for (const std::string* field : {&p.series, &p.checkpoint, &p.path, &p.layout}) put.bind(*field);
  put.bind(p.step);
  for (const std::string* field : {&p.tokens, &p.tokens_source, &p.flops, &p.flops_source, &p.state,
                                   &p.reason, &p.run, &p.weights_hash, &p.written, &p.noted}) {
    put.bind(*field);
  }
  put.bind(std::int64_t{p.tries}).run();
}

}  // namespace flm
