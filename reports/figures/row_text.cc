#include "reports/figures/row_text.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/documents/json.h"

namespace flm {

std::string version_text(const TaskRecord& task) {
  if (!task.version_json.starts_with("\"")) return task.version_json;
  return parse_json(task.version_json, "version of " + task.task).get<std::string>();
}

std::string row_name(const std::string& name, const std::string& alias, int depth, bool is_group) {
  const bool alone = depth == 0 && !is_group;
  return alone || alias.empty() ? name : alias;
}

std::string row_shots(const Report& report, std::size_t index) {
  const int depth = report.rows[index].depth;
  std::set<int> shots;
  for (std::size_t i = index; i < report.rows.size(); ++i) {
    const ReportRow& row = report.rows[i];
    if (i > index && row.depth <= depth) break;
    if (!row.is_group) shots.insert(row.num_fewshot);
  }
  if (shots.empty()) return "";
  const std::string low = std::to_string(*shots.begin());
  return shots.size() == 1 ? low : low + "-" + std::to_string(*shots.rbegin());
}

std::string metric_label(const std::string& name, const std::string& filter,
                         bool higher_is_better) {
  const bool filtered = !filter.empty() && filter != "none";
  return name + (filtered ? " (" + filter + ")" : "") + (higher_is_better ? " ↑" : " ↓");
}

}  // namespace flm
