#include "reports/views/csv.h"

#include <nlohmann/json.hpp>

#include "base/text/joined.h"
#include "reports/figures/row_text.h"
#include "reports/store/run_parts.h"
#include "reports/views/chance.h"
#include "reports/views/csv_line.h"

namespace flm {
namespace {

std::string heading() {
  return csv_line({"run",
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
                   "value_of_ended",
                   "run_name",
                   "model",
                   "weights",
                   "data",
                   "version",
                   "date",
                   "flmeval",
                   "builtin_sample",
                   "warnings",
                   "choices",
                   "chance",
                   "stderr_reason"});
}

/// What a line says of the task that it is about; empty for a group.
TaskRecord task_of(const Report& report, const ReportRow& row) {
  for (const TaskRecord& task : report.tasks)
    if (!row.is_group && task.task == row.name) return task;
  return {};
}

std::string program_version(const RunRecord& run) {
  return environment_part(run).value("flmeval", "");
}

/// Whether the row's figures are of a built-in sample, in whole or in part.
bool sampled_below(const Report& report, std::size_t index) {
  for (std::size_t i = index; i < report.rows.size(); ++i) {
    if (i > index && report.rows[i].depth <= report.rows[index].depth) break;
    if (task_of(report, report.rows[i]).builtin_sample) return true;
  }
  return false;
}

void add_lines(const Report& report, std::string& out) {
  const std::string program = program_version(report.run);
  const std::string warnings = joined(report.warnings, "; ");
  for (std::size_t r = 0; r < report.rows.size(); ++r) {
    const ReportRow& row = report.rows[r];
    const TaskRecord task = task_of(report, row);
    for (const Score& s : row.scores) {
      out += csv_line({report.run.id,
                       row.name,
                       row.alias,
                       row.is_group ? "group" : "task",
                       std::to_string(row.depth),
                       row_shots(report, r),
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
                       csv_number(s.of_ended),
                       report.run.name,
                       report.run.model,
                       report.run.weights_hash,
                       task.data_hash,
                       version_text(task),
                       report.run.created,
                       program,
                       sampled_below(report, r) ? "true" : "false",
                       warnings,
                       choices_text(row.choices),
                       csv_number(row.choices.chance),
                       s.error_reason});
    }
  }
}

}  // namespace

std::string render_csv(const Report& report) {
  std::string out = heading();
  add_lines(report, out);
  return out;
}

std::string render_csv(const std::vector<Report>& reports) {
  std::string out = heading();
  for (const Report& report : reports) add_lines(report, out);
  return out;
}

}  // namespace flm
