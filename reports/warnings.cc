#include "reports/warnings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/documents/json.h"
#include "base/text/joined.h"
#include "reports/figures/figures.h"
#include "reports/store/run_parts.h"

namespace flm {
namespace {

constexpr std::size_t kNamed = 6;

/// The highest rows with a figure above the tasks of which this holds, in the report's order.
std::vector<std::string> rows_above(const Report& report, const std::set<std::string>& tasks) {
  std::vector<std::string> out;
  const ReportRow* top = nullptr;
  for (const ReportRow& row : report.rows) {
    if (!top || row.depth <= top->depth || top->scores.empty()) top = &row;
    const bool told = !out.empty() && out.back() == top->name;
    if (tasks.contains(row.name) && !told) out.push_back(top->name);
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
  const std::string first = *limit == 1 ? "document" : fixed(*limit, 0) + " documents";
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
  for (const std::string& text :
       {of_samples(report), of_copies(report), of_limit(report), of_state(report)})
    if (!text.empty()) out.push_back(text);
  return out;
}

}  // namespace flm
