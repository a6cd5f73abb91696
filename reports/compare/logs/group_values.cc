#include "reports/compare/logs/group_values.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "reports/compare/logs/json_part.h"

namespace flm {
namespace {

void add_leaves(const LoggedRun& run, const std::string& name, std::set<std::string>& seen,
                std::vector<const LoggedTask*>& out) {
  if (!seen.insert(name).second) return;  // once, and a group inside itself ends
  for (const LoggedTask& task : run.tasks)
    if (task.name == name) out.push_back(&task);
  for (const LoggedGroup& group : run.groups)
    if (group.name == name)
      for (const std::string& child : group.children) add_leaves(run, child, seen, out);
}

struct Means {
  double by_size = 0, plain = 0;
};

/// Of the values that the file gives of the tasks; null where one has none.
std::optional<Means> means_of(const std::vector<const LoggedTask*>& tasks, const std::string& key) {
  Means out;
  double items = 0;
  for (const LoggedTask* task : tasks) {
    const auto metric =
        std::find_if(task->metrics.begin(), task->metrics.end(),
                     [&](const LoggedMetric& one) { return one.metric + "," + one.filter == key; });
    if (metric == task->metrics.end() || !metric->reported || task->chosen <= 0)
      return std::nullopt;
    const auto size = static_cast<double>(task->chosen);
    out.by_size += size * *metric->reported;
    out.plain += *metric->reported;
    items += size;
  }
  if (tasks.empty()) return std::nullopt;
  out.by_size /= items;
  out.plain /= static_cast<double>(tasks.size());
  return out;
}

bool same(double a, double b) { return std::fabs(a - b) <= 1e-9 * std::max(1.0, std::fabs(a)); }

struct Figure {
  std::string key;  // acc,none
  double value = 0;
  Means means;
};

/// Of the file, where its tasks have the metric too.
std::vector<Figure> figures_of(const LoggedRun& run, const Json& results,
                               const std::string& group) {
  std::vector<const LoggedTask*> tasks;
  std::set<std::string> seen;
  add_leaves(run, group, seen, tasks);
  std::vector<Figure> out;
  for (const auto& [key, value] : part(part(results, "groups"), group.c_str()).items()) {
    const auto means = value.is_number() ? means_of(tasks, key) : std::nullopt;
    if (means) out.push_back({key, value.get<double>(), *means});
  }
  return out;
}

}  // namespace

void read_group_values(LoggedRun& run, const Json& results, const std::string& name, bool told) {
  for (LoggedGroup& group : run.groups) {
    if (!group.pooled) continue;
    const std::vector<Figure> figures = figures_of(run, results, group.name);
    const auto telling = std::find_if(figures.begin(), figures.end(), [](const Figure& figure) {
      return same(figure.value, figure.means.by_size) != same(figure.value, figure.means.plain);
    });
    if (telling != figures.end())
      group.weight_by_size = same(telling->value, telling->means.by_size);
    for (const Figure& figure : figures) {
      const double ours = group.weight_by_size ? figure.means.by_size : figure.means.plain;
      if (!told || same(figure.value, ours)) continue;
      run.about.notes.push_back(name + " reports " + figure.key + " " +
                                python_float_repr(figure.value) + " of the group " + group.name +
                                ", the " +
                                (group.weight_by_size ? "mean weighted by size" : "plain mean") +
                                " of its tasks is " + python_float_repr(ours));
    }
  }
}

}  // namespace flm
