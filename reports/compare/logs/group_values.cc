#include "reports/compare/logs/group_values.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "reports/compare/logs/json_part.h"

namespace flm {
namespace {

struct Means {
  double by_size = 0, plain = 0;
};

/// Of the values that the file gives of the tasks, one that comes twice twice; null where one has
/// none.
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
  std::string metric, filter;
  double value = 0;
  Means means;
};

/// Of the file, where its tasks have the metric too.
std::vector<Figure> figures_of(const LoggedRun& run, const Json& results,
                               const std::string& group) {
  std::vector<const LoggedTask*> tasks;
  for (const std::string& leaf : run.leaves(group))
    for (const LoggedTask& task : run.tasks)
      if (task.name == leaf) tasks.push_back(&task);
  std::vector<Figure> out;
  for (const auto& [key, value] : part(part(results, "groups"), group.c_str()).items()) {
    const auto means = value.is_number() ? means_of(tasks, key) : std::nullopt;
    const std::size_t comma = key.rfind(',');
    if (means)
      out.push_back({key.substr(0, comma), key.substr(comma + 1), value.get<double>(), *means});
  }
  return out;
}

/// Where the figure is one of the means and not the other.
void add_weight(LoggedGroup& group, const Figure& figure) {
  const bool by_size = same(figure.value, figure.means.by_size);
  if (by_size != same(figure.value, figure.means.plain))
    group.weights.push_back({figure.metric, {figure.filter}, by_size});
}

}  // namespace

void read_group_values(LoggedRun& run, const Json& results, const std::string& name, bool told) {
  for (LoggedGroup& group : run.groups) {
    if (!group.pooled) continue;
    const std::vector<Figure> figures = figures_of(run, results, group.name);
    for (const Figure& figure : figures) add_weight(group, figure);
    if (!group.weights.empty()) group.weight_by_size = group.weights.front().by_size;
    for (const Figure& figure : figures) {
      const bool by_size = group.weighs_by_size(figure.metric, figure.filter);
      const double ours = by_size ? figure.means.by_size : figure.means.plain;
      if (!told || same(figure.value, ours)) continue;
      run.about.notes.push_back(name + " reports " + figure.metric + "," + figure.filter + " " +
                                python_float_repr(figure.value) + " of the group " + group.name +
                                ", the " + (by_size ? "mean weighted by size" : "plain mean") +
                                " of its tasks is " + python_float_repr(ours));
    }
  }
}

}  // namespace flm
