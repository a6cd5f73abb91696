#include "reports/warnings.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/documents/json.h"
#include "base/text/joined.h"
#include "reports/figures/figures.h"
#include "reports/store/run_parts.h"

namespace flm {
namespace {

constexpr std::size_t kNamed = 6;

using Row = std::vector<ReportRow>::const_iterator;

/// Behind the last row that lies below this one.
Row end_of(Row row, Row end) {
  return std::find_if(row + 1, end,
                      [&](const ReportRow& next) { return next.depth <= row->depth; });
}

/// Whether a row is one of the tasks, or a group with a figure of which all are.
bool stands_for(Row row, Row end, const std::set<std::string>& tasks) {
  if (!row->is_group) return tasks.contains(row->name);
  const Row behind = end_of(row, end);
  const auto is_task = [](const ReportRow& one) { return !one.is_group; };
  return !row->scores.empty() && std::any_of(row, behind, is_task) &&
         std::all_of(row, behind, [&](const ReportRow& one) {
           return one.is_group || tasks.contains(one.name);
         });
}

/// The highest rows that stand for these tasks and no others, in the report's order.
std::vector<std::string> rows_above(const Report& report, const std::set<std::string>& tasks) {
  std::vector<std::string> out;
  const Row end = report.rows.end();
  for (Row row = report.rows.begin(); row != end;) {
    const bool told = stands_for(row, end, tasks);
    if (told && std::find(out.begin(), out.end(), row->name) == out.end()) out.push_back(row->name);
    row = told ? end_of(row, end) : row + 1;
  }
  return out;
}

std::string of_samples(const Report& report) {
  std::set<std::string> tasks;
  for (const TaskRecord& task : report.tasks)
    if (task.builtin_sample) tasks.insert(task.task);
  if (tasks.empty()) return "";
  return "NOT A BENCHMARK RESULT: small built-in samples in place of the data sets (" +
         first_few(rows_above(report, tasks), kNamed) + ")";
}

/// Sets that were read from copies which differ from the official files; the notes say in what.
std::string of_copies(const Report& report) {
  const Json options = options_part(report.run);
  const Json copies = options.value("data", Json::object()).value("copies", Json::array());
  if (copies.empty()) return "";
  return "NOT THE OFFICIAL DATA: copies that differ, see the notes (" +
         first_few(copies.get<std::vector<std::string>>(), kNamed) + ")";
}

/// Tasks that a replay answered from a log without prompts.
std::string of_uncompared(const Report& report) {
  const Json tasks = options_part(report.run).value("uncompared", Json::array());
  if (tasks.empty()) return "";
  return "PROMPTS NOT COMPARED: the log has answers without the prompts that they answer (" +
         first_few(tasks.get<std::vector<std::string>>(), kNamed) + ")";
}

/// The --limit of the run; nothing where it had none, or the record does not say.
std::optional<double> limit_of(const RunRecord& run) {
  const Json options = options_part(run);
  const Json settings = options.value("settings", Json::object());
  if (!settings.contains("limit") || !settings["limit"].is_number()) return std::nullopt;
  const double limit = settings["limit"].get<double>();
  return limit > 0 ? std::optional(limit) : std::nullopt;
}

std::string of_limit(const Report& report) {
  const bool limited =
      std::any_of(report.tasks.begin(), report.tasks.end(),
                  [](const TaskRecord& task) { return task.docs_chosen < task.docs_total; });
  if (!limited) return "";
  const std::optional<double> limit = limit_of(report.run);
  if (!limit) return "LIMITED: some documents of the tasks alone, not all";
  if (*limit < 1) return "LIMITED: the first " + fixed(100 * *limit, 1) + "% of each task";
  const double whole = std::floor(*limit);  // as the run took it
  const std::string first = whole == 1 ? "document" : fixed(whole, 0) + " documents";
  return "LIMITED: the first " + first + " of each task";
}

std::string of_state(const Report& report) {
  const RunRecord& run = report.run;
  if (run.status == "done") return "";
  if (run.status == "running")
    return (report.state.empty() ? "the run goes on" : "the run goes on (" + report.state + ")") +
           ": figures are of the items done so far, bootstrapped errors come at its "
           "end";
  return "the run is " + run.status + (report.state.empty() ? "" : " (" + report.state + ")") +
         ": figures are of the items done so far; go on with: " + "flmeval run --resume " + run.id +
         report.store_flag;
}

}  // namespace

std::vector<std::string> warnings_of(const Report& report) {
  std::vector<std::string> out;
  for (const std::string& text : {of_samples(report), of_copies(report), of_uncompared(report),
                                  of_limit(report), of_state(report)})
    if (!text.empty()) out.push_back(text);
  return out;
}

}  // namespace flm
