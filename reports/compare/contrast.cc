#include "reports/compare/contrast.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "base/errors.h"
#include "base/text/nearest_name.h"
#include "reports/compare/logs/logged_metrics.h"

namespace flm {
namespace {

constexpr const char* kMixed = "its tasks make this metric in different ways";

/// The tasks below a group, each once, in order, those of `other` behind, with how often the group
/// counts them: once for each of its parts that holds them.
std::vector<std::pair<std::string, std::int64_t>> counted_leaves(const LoggedRun& run,
                                                                 const LoggedRun& other,
                                                                 const std::string& group) {
  std::vector<std::pair<std::string, std::int64_t>> out;
  const auto find = [&](const std::string& name) {
    return std::find_if(out.begin(), out.end(), [&](const auto& one) { return one.first == name; });
  };
  for (const std::string& leaf : run.leaves(group)) {
    const auto there = find(leaf);
    there == out.end() ? void(out.emplace_back(leaf, 1)) : void(++there->second);
  }
  if (!other.find_group(group)) return out;
  for (const std::string& leaf : other.leaves(group))
    if (find(leaf) == out.end()) out.emplace_back(leaf, 1);
  return out;
}

bool matches(const std::string& name, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
  });
}

/// Names of tasks that `options.tasks` mean: tasks by their name, or by a group's.
std::set<std::string> chosen_tasks(const LoggedRun& a, const LoggedRun& b,
                                   const CompareOptions& options) {
  std::set<std::string> all, chosen;
  std::vector<std::string> known;
  for (const LoggedRun* run : {&a, &b}) {
    for (const LoggedTask& task : run->tasks) {
      all.insert(task.name);
      if (matches(task.name, options.tasks)) chosen.insert(task.name);
      known.push_back(task.name);
    }
    for (const LoggedGroup& group : run->groups) {
      known.push_back(group.name);
      if (!matches(group.name, options.tasks)) continue;
      const std::vector<std::string> leaves = run->leaves(group.name);
      chosen.insert(leaves.begin(), leaves.end());
    }
  }
  if (options.tasks.empty()) return all;
  for (const std::string& pattern : options.tasks) {
    const bool any = std::any_of(known.begin(), known.end(),
                                 [&](const std::string& name) { return matches(name, {pattern}); });
    if (any) continue;
    const std::string near = nearest_name(pattern, known);
    throw UserError("neither run has such a task" +
                    (near.empty() ? std::string() : ", did you mean " + near + "?") + ": " +
                    pattern);
  }
  return chosen;
}

bool compared(const ComparisonRow& row) {
  return row.verdict == Comparability::kComparable || row.verdict == Comparability::kPartly;
}

using Counts = std::optional<std::array<std::int64_t, 2>>;

/// Unknown where either is.
Counts added(const Counts& x, const Counts& y) {
  if (!x || !y) return std::nullopt;
  return {{(*x)[0] + (*y)[0], (*x)[1] + (*y)[1]}};
}

/// Members of a group that can be pooled, and what is said of the others.
struct Members {
  std::vector<const TaskComparison*> tasks;
  std::vector<double> times;  // [tasks] that the group counts it
  std::size_t all = 0;
};

/// One metric of a group: the items of its members as one task's, and their own figures.
struct Pool {
  PairedValues items;
  std::vector<const MetricComparison*> tasks;  // that have a figure
  std::vector<const PairedValues*> values;     // [tasks] that they are made of
  std::vector<double> times;                   // [tasks] that the group counts it
  std::int64_t lacking = 0;                    // comparable ones that have none
  std::int64_t items_of_lacking = 0;           // that have a value in both runs
  std::string first_lacking;                   // and why
  bool mixed = false;                          // tasks make the metric in different ways
  std::optional<std::int64_t> flips_within_rounding = 0;
};

void add(Pool& pool, const TaskComparison& task, double times, std::size_t m) {
  const MetricComparison& metric = task.row.metrics[m];
  if (!metric.difference) {
    if (pool.lacking++ == 0)
      pool.first_lacking =
          task.row.name + " the first" + (metric.reason.empty() ? "" : ": " + metric.reason);
    pool.items_of_lacking += metric.n;
    return;
  }
  if (pool.tasks.empty()) {
    pool.items.aggregation = task.values[m].aggregation;
    pool.items.higher_is_better = metric.higher_is_better;
  }
  pool.mixed = pool.mixed || pool.items.aggregation != task.values[m].aggregation ||
               pool.items.higher_is_better != metric.higher_is_better;
  append(pool.items, task.values[m]);
  pool.tasks.push_back(&metric);
  pool.values.push_back(&task.values[m]);
  pool.times.push_back(times);
  std::optional<std::int64_t>& within = pool.flips_within_rounding;
  within = within && metric.flips_within_rounding
               ? std::optional(*within + *metric.flips_within_rounding)
               : std::nullopt;
}

Pool pool_of(const Members& members, const MetricComparison& of) {
  Pool pool;
  for (std::size_t t = 0; t < members.tasks.size(); ++t) {
    const ComparisonRow& row = members.tasks[t]->row;
    for (std::size_t m = 0; m < row.metrics.size(); ++m)
      if (row.metrics[m].metric == of.metric && row.metrics[m].filter == of.filter &&
          row.metrics[m].verdict == Comparability::kComparable)
        add(pool, *members.tasks[t], members.times[t], m);
  }
  name_single_items(pool.items.clusters);
  return pool;
}

MetricComparison blank(const std::string& name, const MetricComparison& of) {
  MetricComparison out;
  out.metric = name;
  out.filter = of.filter;
  out.higher_is_better = of.higher_is_better;
  return out;
}

/// An aggregate with a missing member is none.
std::string why_incomplete(const Pool& pool) {
  if (pool.lacking == 0) return "";
  return std::to_string(pool.lacking) + " of " +
         std::to_string(pool.tasks.size() + static_cast<std::size_t>(pool.lacking)) +
         " tasks have no figure, " + pool.first_lacking;
}

MetricComparison over_items(const std::string& name, const Pool& pool, const MetricComparison& of) {
  MetricComparison out = blank(name, of);
  out.n = static_cast<std::int64_t>(pool.items.a.size()) + pool.items_of_lacking;
  out.reason = why_incomplete(pool);
  if (!out.reason.empty()) return out;
  if (pool.mixed) {
    out.reason = kMixed;
    return out;
  }
  fill_figures(out, pool.items);
  if (out.only_a) out.flips_within_rounding = pool.flips_within_rounding;
  return out;
}

MetricComparison over_tasks(const Pool& pool, const MetricComparison& of, bool by_size) {
  MetricComparison out = blank(of.metric, of);
  out.reason = why_incomplete(pool);
  if (!out.reason.empty()) return out;
  if (pool.mixed) {
    out.reason = kMixed;
    return out;
  }
  std::vector<double> weights = pool.times;
  for (std::size_t t = 0; by_size && t < weights.size(); ++t)
    weights[t] *= static_cast<double>(pool.tasks[t]->n);
  fill_macro_figures(out, pool.tasks, weights);
  fill_macro_interval_of_b(out, pool.tasks, pool.values, weights);
  return out;
}

class RowLayout {
 public:
  RowLayout(const LoggedRun& a, const LoggedRun& b, const ComparedTasks& tasks)
      : a_(a), b_(b), tasks_(tasks) {}

  std::vector<ComparisonRow> lay_out() {
    std::set<std::string> children;
    for (const LoggedGroup& group : a_.groups)
      children.insert(group.children.begin(), group.children.end());
    for (const LoggedGroup& group : a_.groups)
      if (!children.contains(group.name)) add(group.name, 0);
    for (const LoggedTask& task : a_.tasks)
      if (!placed_.contains(task.name)) add(task.name, 0);
    for (const auto& [name, task] : tasks_)
      if (!placed_.contains(name)) add(name, 0);  // only in B
    return std::move(rows_);
  }

 private:
  void add(const std::string& name, int depth) {
    const LoggedGroup* group = a_.find_group(name);
    if (!group) return add_task(name, depth);
    const auto leaves = counted_leaves(a_, b_, name);
    if (std::none_of(leaves.begin(), leaves.end(),
                     [&](const auto& leaf) { return tasks_.contains(leaf.first); }))
      return;
    rows_.push_back(group_row(*group, leaves, depth));
    for (const std::string& child : group->children) add(child, depth + 1);
    for (const auto& [leaf, times] : leaves)  // what B's group has besides
      if (!placed_.contains(leaf)) add_task(leaf, depth + 1);
  }

  void add_task(const std::string& name, int depth) {
    const auto task = tasks_.find(name);
    if (task == tasks_.end()) return;
    placed_.insert(name);
    rows_.push_back(task->second.row);
    rows_.back().depth = depth;
  }

  ComparisonRow group_row(const LoggedGroup& group,
                          const std::vector<std::pair<std::string, std::int64_t>>& leaves,
                          int depth) const {
    ComparisonRow row;
    row.name = group.name;
    row.alias = group.alias;
    row.depth = depth;
    row.is_group = true;
    // Where some were not asked for, or cannot be compared, its tasks stand for themselves: an
    // aggregate with a missing member is none.
    row.pooled = group.pooled && std::all_of(leaves.begin(), leaves.end(), [&](const auto& leaf) {
                   const auto task = tasks_.find(leaf.first);
                   return task != tasks_.end() && compared(task->second.row);
                 });
    row.flagged = row.failed = {{0, 0}};
    Members members;
    std::string left_out;
    for (const auto& [leaf, times] : leaves) {
      const auto task = tasks_.find(leaf);
      if (task == tasks_.end()) continue;
      ++members.all;
      if (times > 1)
        row.notes.push_back("counts " + leaf + " more than once: several of its parts hold it");
      const ComparisonRow& of = task->second.row;
      row.items_in_common += compared(of) ? of.items_in_common : 0;
      row.only_in[0] += of.only_in[0];
      row.only_in[1] += of.only_in[1];
      row.builtin_sample = row.builtin_sample || of.builtin_sample;
      if (of.verdict == Comparability::kPartly) row.verdict = Comparability::kPartly;
      if (compared(of)) {
        row.flagged = added(row.flagged, of.flagged);
        row.failed = added(row.failed, of.failed);
        members.tasks.push_back(&task->second);
        members.times.push_back(static_cast<double>(times));
      } else if (left_out.empty()) {
        left_out = leaf;
        row.first_difference = of.first_difference;
      }
    }
    judge(row, members, left_out);
    if (row.pooled) add_metrics(row, members, group);
    return row;
  }

  static void judge(ComparisonRow& row, const Members& members, const std::string& left_out) {
    if (members.tasks.empty()) {
      row.verdict = Comparability::kNotComparable;
      return;
    }
    row.first_difference.reset();
    const std::size_t without = members.all - members.tasks.size();
    if (without == 0) return;
    row.verdict = Comparability::kPartly;
    row.notes.push_back("no figure of its own, for " + std::to_string(without) + " of its " +
                        std::to_string(members.all) + " tasks cannot be compared, " + left_out +
                        " the first");
  }

  void add_metrics(ComparisonRow& row, const Members& members, const LoggedGroup& group) const {
    if (members.tasks.empty()) return;
    std::vector<const MetricComparison*> kinds;
    for (const TaskComparison* task : members.tasks)
      for (const MetricComparison& metric : task->row.metrics) {
        const bool known = std::any_of(kinds.begin(), kinds.end(), [&](const MetricComparison* k) {
          return k->metric == metric.metric && k->filter == metric.filter;
        });
        if (!known && metric.verdict == Comparability::kComparable) kinds.push_back(&metric);
      }
    for (const MetricComparison* kind : kinds) {
      const Pool pool = pool_of(members, *kind);
      const bool by_size = group.weighs_by_size(kind->metric, kind->filter);
      const bool once = std::all_of(pool.times.begin(), pool.times.end(),
                                    [](double times) { return times == 1; });
      if (by_size && once) {
        row.metrics.push_back(over_items(kind->metric, pool, *kind));
      } else {
        row.metrics.push_back(over_tasks(pool, *kind, by_size));
        row.metrics.push_back(over_items(name_in_task_file(kind->metric) + "_micro", pool, *kind));
      }
    }
    if (!row.metrics.empty()) row.metrics.front().main = true;
  }

  const LoggedRun &a_, &b_;
  const ComparedTasks& tasks_;
  std::set<std::string> placed_;
  std::vector<ComparisonRow> rows_;
};

}  // namespace

ComparedTasks compare_tasks(LoggedRun& a, LoggedRun& b, const CompareOptions& options) {
  ComparedTasks out;
  for (const std::string& name : chosen_tasks(a, b, options))
    out.emplace(name, compare_task(a, a.find(name), b, b.find(name), options.metric));
  return out;
}

std::vector<ComparisonRow> lay_out(const LoggedRun& a, const LoggedRun& b,
                                   const ComparedTasks& tasks) {
  return RowLayout(a, b, tasks).lay_out();
}

}  // namespace flm
