#include "reports/report.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/errors.h"
#include "base/json.h"
#include "base/sha256.h"
#include "reports/figures/figures.h"
#include "reports/scores/group_scores.h"
#include "reports/scores/task_scores.h"
#include "reports/store/record_json.h"
#include "reports/store/run_state.h"
#include "reports/views/results_json.h"
#include "reports/warnings.h"

namespace flm {
namespace {

RunRecord exact_run(Store& store, const std::string& id) {
  for (RunRecord& run : store.runs())
    if (run.id == id) return std::move(run);
  throw UserError("no such run in the store: " + id);
}

std::string stderr_key(const std::string& aggregation, const ItemValues& items, int iterations) {
  Sha256 hash;
  hash.update(aggregation + "\n" + std::to_string(iterations) + "\n");
  for (const std::vector<double>& item : items)
    hash.update(std::to_string(item.size()) + ":")
        .update(item.data(), item.size() * sizeof(double));
  return "stderr:" + hash.hex();
}

/// A bootstrap is done once for the same values: the store remembers its outcome.
std::optional<double> remembered_stderr(Store& store, const std::string& aggregation,
                                        const ItemValues& items, int iterations) {
  if (!is_bootstrapped(aggregation) || iterations == 0)
    return aggregate_stderr(aggregation, items, iterations);
  const std::string key = stderr_key(aggregation, items, iterations);
  if (const auto text = store.response(key)) {
    const Json number = parse_json(*text, "standard error in the store");
    return number.is_null() ? std::nullopt : std::optional(number.get<double>());
  }
  const std::optional<double> out = aggregate_stderr(aggregation, items, iterations);
  store.remember(key, out ? python_float_repr(*out) : "null");
  return out;
}

/// Lays the rows out: groups before their children, then the tasks of no group.
class RowLayout {
 public:
  RowLayout(Report& report, const LeafScores& leaves,
            const std::map<std::string, GroupScores>& groups)
      : report_(report), leaves_(leaves), groups_(groups) {}

  void lay_out() {
    std::set<std::string> children;
    for (const GroupRecord& group : report_.groups)
      children.insert(group.children.begin(), group.children.end());
    for (const GroupRecord& group : report_.groups)
      if (!children.contains(group.name)) add(group.name, 0);
    for (const TaskRecord& task : report_.tasks)
      if (!children.contains(task.task)) add(task.task, 0);
  }

 private:
  void add(const std::string& name, int depth) {
    FLM_CHECK(depth < 100, "groups that hold themselves: " + name);
    const auto group = std::find_if(report_.groups.begin(), report_.groups.end(),
                                    [&](const GroupRecord& g) { return g.name == name; });
    if (group == report_.groups.end()) return add_task(name, depth);
    const GroupScores& scores = groups_.at(name);
    ReportRow row{name, group->alias, depth, true, 0, scores.n, scores.flagged, scores.failed, {}};
    row.scores = scores.scores;
    row.scores.insert(row.scores.end(), scores.extra.begin(), scores.extra.end());
    report_.rows.push_back(std::move(row));
    for (const std::string& child : group->children) add(child, depth + 1);
  }

  void add_task(const std::string& name, int depth) {
    const auto leaf = leaves_.find(name);
    if (leaf == leaves_.end()) return;
    const TaskScores& scores = leaf->second;
    ReportRow row{name,     scores.task.alias, depth,         false, scores.task.num_fewshot,
                  scores.n, scores.flagged,    scores.failed, {}};
    for (const ScoredMetric& scored : scores.metrics) row.scores.push_back(scored.score);
    for (const Score& rate : token_rates(scores)) row.scores.push_back(rate);
    report_.rows.push_back(std::move(row));
  }

  Report& report_;
  const LeafScores& leaves_;
  const std::map<std::string, GroupScores>& groups_;
};

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

void add_notes(Report& report, const LeafScores& leaves) {
  for (const TaskRecord& task : report.tasks) {
    const std::vector<std::string>& notes = leaves.at(task.task).notes;
    report.notes.insert(report.notes.end(), notes.begin(), notes.end());
  }
  add_mixture_notes(report);
}

/// Of the store where it is not the one that commands take anyway.
std::string store_flag(const Store& store) {
  if (store.path() == kDefaultStore) return "";
  return " --store " + std::filesystem::absolute(store.path()).lexically_normal().string();
}

}  // namespace

Report build_report(Store& store, const std::string& run_id, int bootstrap_iterations) {
  Report report;
  report.run = exact_run(store, run_id);
  report.run.status = run_state(report.run);
  report.store_flag = store_flag(store);
  report.tasks = store.tasks(run_id);
  report.groups = decode_groups(report.run.groups_json);
  // A bootstrap takes seconds, and a running run is reported again and again.
  const int iterations = report.run.status == "running" ? 0 : bootstrap_iterations;
  const StandardErrors standard_errors = [&](const std::string& name, const ItemValues& items) {
    return remembered_stderr(store, name, items, iterations);
  };
  LeafScores leaves;
  for (const TaskRecord& task : report.tasks)
    leaves[task.task] = score_task(task, store.sample_values(run_id, task.task), standard_errors);
  std::map<std::string, GroupScores> groups;
  for (const GroupRecord& group : report.groups) groups[group.name] = score_group(group, leaves);
  RowLayout(report, leaves, groups).lay_out();
  report.warnings = warnings_of(report);
  add_notes(report, leaves);
  for (const GroupRecord& group : report.groups) {
    const std::vector<std::string>& notes = groups.at(group.name).notes;
    report.notes.insert(report.notes.end(), notes.begin(), notes.end());
  }
  report.results_json = make_results_json(report, leaves, groups, iterations);
  return report;
}

}  // namespace flm
