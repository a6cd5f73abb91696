#include "reports/views/csv.h"

#include "reports/views/csv_line.h"

namespace flm {

std::string render_csv(const Report& report) {
  std::string out = csv_line({"run",
                              "name",
                              "alias",
                              "kind",
                              "depth",
                              "num_fewshot",
                              "filter",
                              "metric",
                              "higher_is_better",
                              "value",
                              "stderr",
                              "low",
                              "high",
                              "interval",
                              "n",
                              "flagged",
                              "failed",
                              "reason",
                              "cut",
                              "value_if_cut_wrong",
                              "value_of_ended"});
  for (const ReportRow& row : report.rows) {
    for (const Score& s : row.scores) {
      out += csv_line({report.run.id,
                       row.name,
                       row.alias,
                       row.is_group ? "group" : "task",
                       std::to_string(row.depth),
                       row.is_group ? "" : std::to_string(row.num_fewshot),
                       s.filter,
                       s.metric,
                       s.higher_is_better ? "true" : "false",
                       csv_number(s.value),
                       csv_number(s.stderr_value),
                       csv_number(s.low),
                       csv_number(s.high),
                       s.interval,
                       std::to_string(s.n),
                       std::to_string(row.flagged),
                       std::to_string(row.failed),
                       s.reason,
                       csv_number(s.cut),
                       csv_number(s.if_cut_wrong),
                       csv_number(s.of_ended)});
    }
  }
  return out;
}

}  // namespace flm
