#include "tasks/selection/group_metrics.h"

#include <algorithm>
#include <set>

#include "base/text/joined.h"
#include "base/text/nearest_name.h"

namespace flm {
namespace {

/// The task files' own metrics: those that we give beside them are not for a group's list.
std::vector<MetricInfo> metrics_below(const TaskGroup& group,
                                      const std::vector<std::shared_ptr<const Task>>& tasks) {
  std::vector<MetricInfo> out;
  for (const auto& task : tasks) {
    if (std::find(group.leaves.begin(), group.leaves.end(), task->name()) == group.leaves.end())
      continue;
    for (const MetricInfo& info : task->metrics()) {
      if (!info.beside) out.push_back(info);
    }
  }
  return out;
}

std::string unknown(const GroupMetric& metric, const std::string& what, const std::string& name,
                    const std::set<std::string>& known) {
  const std::string near = nearest_name(name, {known.begin(), known.end()});
  return (metric.where.empty() ? "" : metric.where + ": ") + "no member of the group has the " +
         what + " " + name +
         (near.empty() ? "; they have: " + joined(known, ", ") : "; did you mean " + near + "?");
}

}  // namespace

std::vector<std::string> group_metric_findings(
    const TaskGroup& group, const std::vector<std::shared_ptr<const Task>>& tasks) {
  const std::vector<MetricInfo> below = metrics_below(group, tasks);
  std::set<std::string> names;
  for (const MetricInfo& info : below) names.insert(info.metric);
  std::vector<std::string> findings;
  for (const GroupMetric& metric : group.metrics) {
    if (!names.contains(metric.metric)) {
      findings.push_back(unknown(metric, "metric", metric.metric, names));
      continue;
    }
    std::set<std::string> filters;
    for (const MetricInfo& info : below) {
      if (info.metric == metric.metric) filters.insert(info.filter);
    }
    for (const std::string& filter : metric.filters) {
      if (!filters.contains(filter)) findings.push_back(unknown(metric, "filter", filter, filters));
    }
  }
  return findings;
}

}  // namespace flm
