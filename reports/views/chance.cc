#include "reports/views/chance.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json.h"
#include "reports/figures/figures.h"
#include "reports/views/shown_rows.h"

namespace flm {
namespace {

std::optional<double> listed_chance(const TaskRecord& task) {
  if (task.config_json.empty() || task.output_type != "multiple_choice") return std::nullopt;
  const Json config = parse_json(task.config_json, "task in the store");
  if (!config.is_object() || !config.contains("doc_to_choice")) return std::nullopt;
  const Json& choices = config["doc_to_choice"];
  if (!choices.is_array() || choices.empty()) return std::nullopt;
  return 1.0 / static_cast<double>(choices.size());
}

bool no_better(const ReportRow& row, double chance) {
  const auto accuracy = std::find_if(row.scores.begin(), row.scores.end(),
                                     [](const Score& s) { return s.metric == "acc"; });
  return accuracy != row.scores.end() && accuracy->low && *accuracy->low <= chance;
}

/// "a, b and c"
std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out;
}

}  // namespace

std::map<std::string, double> listed_chances(const Report& report) {
  std::map<std::string, double> out;
  for (const TaskRecord& task : report.tasks)
    if (const auto chance = listed_chance(task)) out[task.task] = *chance;
  for (const GroupRecord& group : report.groups) {
    std::optional<double> same;
    const bool all = std::all_of(group.leaves.begin(), group.leaves.end(), [&](const auto& leaf) {
      const auto known = out.find(leaf);
      if (known == out.end()) return false;
      if (!same) same = known->second;
      return *same == known->second;
    });
    if (all && same) out[group.name] = *same;
  }
  return out;
}

std::string chance_line(const Report& report, const std::vector<const ReportRow*>& rows) {
  const std::map<std::string, double> chances = listed_chances(report);
  std::map<double, std::vector<std::string>> named;
  std::vector<std::string> lost;
  for (const ReportRow* row : rows) {
    const auto known = chances.find(row->name);
    if (known == chances.end()) continue;
    named[known->second].push_back(shown_name(*row));
    if (no_better(*row, known->second)) lost.push_back(shown_name(*row));
  }
  std::string out;
  for (const auto& [chance, names] : named)
    out += (out.empty() ? "chance is " : ", ") + fixed(chance, 2) + " for " + listed(names);
  if (!lost.empty()) out += "; no better than chance here: " + listed(lost);
  return out;
}

}  // namespace flm
