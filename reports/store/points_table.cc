#include "reports/store/points_table.h"

#include <iterator>

#include "reports/store/record_rows.h"

namespace flm {
namespace {

constexpr const char* kColumns =
    "series, checkpoint, path, layout, step, tokens, tokens_source, flops, flops_source, state, "
    "reason, run, weights_hash, written, noted, tries";

/// The fields before and behind `step` in the order of kColumns, for reading and writing.
constexpr std::string PointRecord::*kPlaceTexts[] = {&PointRecord::series, &PointRecord::checkpoint,
                                                     &PointRecord::path, &PointRecord::layout};
constexpr std::string PointRecord::*kStateTexts[] = {
    &PointRecord::tokens,       &PointRecord::tokens_source, &PointRecord::flops,
    &PointRecord::flops_source, &PointRecord::state,         &PointRecord::reason,
    &PointRecord::run,          &PointRecord::weights_hash,  &PointRecord::written,
    &PointRecord::noted};
static_assert(std::size(kPlaceTexts) + std::size(kStateTexts) + 2 == count_of_columns(kColumns),
              "with step and tries");

PointRecord read_point(SqliteStatement& row) {
  PointRecord p;
  for (const auto field : kPlaceTexts) p.*field = row.text();
  p.step = row.integer();
  for (const auto field : kStateTexts) p.*field = row.text();
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
  for (const auto field : kPlaceTexts) put.bind(p.*field);
  put.bind(p.step);
  for (const auto field : kStateTexts) put.bind(p.*field);
  put.bind(std::int64_t{p.tries}).run();
}

}  // namespace flm
