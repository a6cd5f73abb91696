#include "reports/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "reports/figures/figures.h"
#include "reports/scores/group_scores.h"
#include "reports/scores/remembered_stderr.h"
#include "reports/scores/score_rows.h"
#include "reports/scores/task_scores.h"
#include "reports/store/run_parts.h"
#include "reports/store/run_state.h"
#include "reports/store/store_flag.h"
#include "reports/views/results_json.h"
#include "reports/warnings.h"

namespace flm {
namespace {

RunRecord exact_run(Store& store, const std::string& id) {
  if (std::optional<RunRecord> run = store.run(id)) {
    check_run_texts(*run);
    return *std::move(run);
  }
  throw UserError("no such run in the store: " + id);
}

/// The weights of every mixture shown, in percent of their sum; each mixture once.
void add_mixture_notes(Report& report) {
  std::vector<std::string> told;
  for (const GroupRecord& group : report.groups) {
    for (const MixtureRecord& mixture : group.mixtures) {
      if (std::find(told.begin(), told.end(), mixture.name) != told.end()) continue;
      told.push_back(mixture.name);
      double total = 0;
      for (const auto& [name, weight] : mixture.weights) total += weight;
      std::string note = "bpb_" + mixture.name + " =";
      for (std::size_t i = 0; i < mixture.weights.size(); ++i) {
        const auto& [name, weight] = mixture.weights[i];
        note += (i ? " + " : " ") + fixed(100 * weight / total, 2) + "% " + name;
      }
      report.notes.push_back(note + (mixture.source.empty() ? "" : "; " + mixture.source));
    }
  }
}

/// What the model's files ask for and the run did not do, and data that is not the official one.
void add_run_notes(Report& report) {
  const Json options = options_part(report.run);
  const Json data = options.value("data", Json::object());
  for (const Json& notes :
       {options.value("notes", Json::array()), data.value("notes", Json::array())})
    for (const Json& note : notes) report.notes.push_back(note.get<std::string>());
}

void add_notes(Report& report, const LeafScores& leaves) {
  for (const TaskRecord& task : report.tasks) {
    const std::vector<std::string>& notes = leaves.at(task.task).notes;
    report.notes.insert(report.notes.end(), notes.begin(), notes.end());
  }
  add_mixture_notes(report);
}

struct RunScores {
  LeafScores leaves;
  std::map<std::string, GroupScores> groups;
};

/// A report with state, tasks and groups, before anything is scored.
Report begun_report(Store& store, const RunRecord& run) {
  Report report;
  report.run = run;
  if (report.run.status == "running")
    report.state = run_state_text(report.run, store.heartbeat(run.id));
  report.run.status = run_state(report.run);
  report.store_flag = store_flag(store.path());
  report.tasks = store.tasks(run.id);
  report.groups = groups_part(report.run);
  return report;
}

/// Scores the run's tasks and groups, and fills rows and warnings.
RunScores score_run(Store& store, Report& report, Bootstrap bootstrap, Intervals intervals) {
  const StandardErrors standard_errors = [&](const std::string& name, const ItemValues& items) {
    return remembered_stderr(store, name, items, bootstrap);
  };
  RunScores out;
  for (const TaskRecord& task : report.tasks) {
    TaskScores& leaf = out.leaves[task.task];
    leaf =
        score_task(task, store.sample_values(report.run.id, task.task), standard_errors, intervals);
    // A running run is reported again and again, and a bootstrap takes seconds.
    if (report.run.status == "running") say_that_bootstraps_wait(leaf);
  }
  for (const GroupRecord& group : report.groups)
    out.groups[group.name] = score_group(group, out.leaves);
  report.rows = score_rows(report.groups, report.tasks, out.leaves, out.groups);
  report.warnings = warnings_of(report);
  return out;
}

}  // namespace

Report build_report(Store& store, const std::string& run_id, int bootstrap_iterations,
                    Progress* progress) {
  Bootstrap bootstrap{bootstrap_iterations, progress};
  Report report = begun_report(store, exact_run(store, run_id));
  if (report.run.status == "running") bootstrap.iterations = 0;
  const RunScores scores = score_run(store, report, bootstrap, Intervals::kAll);
  add_run_notes(report);
  add_notes(report, scores.leaves);
  for (const GroupRecord& group : report.groups) {
    const std::vector<std::string>& notes = scores.groups.at(group.name).notes;
    report.notes.insert(report.notes.end(), notes.begin(), notes.end());
  }
  report.results_json =
      make_results_json(report, scores.leaves, scores.groups, bootstrap.iterations);
  return report;
}

Report build_outline(Store& store, const RunRecord& run) {
  check_run_texts(run);
  Report report = begun_report(store, run);
  (void)score_run(store, report, 0, Intervals::kForDigits);
  std::erase_if(report.rows, [](const ReportRow& row) { return row.depth > 0; });
  report.tasks.clear();
  report.groups.clear();
  for (std::string* json :
       {&report.run.options_json, &report.run.engine_json, &report.run.environment_json,
        &report.run.cost_json, &report.run.groups_json})
    std::string().swap(*json);
  return report;
}

}  // namespace flm
