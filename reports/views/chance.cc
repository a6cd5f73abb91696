#include "reports/views/chance.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>

#include "base/json.h"
#include "reports/figures/figures.h"
#include "reports/views/shown_rows.h"

namespace flm {
namespace {

/// How many choices a template gives every document, where it is one list: {{["no", "yes"]}} or
/// {{[first, second]}}; 0 where it is anything else.
std::size_t choices_in(const std::string& text) {
  static const std::regex quoted(R"('(\\.|[^'\\])*'|"(\\.|[^"\\])*")");
  static const std::regex list(R"(\s*\{\{\s*\[([\s\S]+)\]\s*\}\}\s*)");
  const std::string bare = std::regex_replace(text, quoted, "_");
  std::smatch whole;
  if (!std::regex_match(bare, whole, list)) return 0;
  std::size_t count = 1;
  int depth = 0;
  for (const char c : whole[1].str()) {
    if (c == '[' || c == '(' || c == '{') ++depth;
    if ((c == ']' || c == ')' || c == '}') && --depth < 0) return 0;  // [a] + [b]
    if (c == ',' && depth == 0) ++count;
  }
  return count;
}

std::optional<double> listed_chance(const TaskRecord& task) {
  const bool chooses =
      task.output_type == "multiple_choice" || task.output_type == "perplexity_choice";
  if (task.config_json.empty() || !chooses) return std::nullopt;
  const Json config = parse_json(task.config_json, "task in the store");
  if (!config.is_object() || !config.contains("doc_to_choice")) return std::nullopt;
  const Json& choices = config["doc_to_choice"];
  const std::size_t count = choices.is_array()    ? choices.size()
                            : choices.is_string() ? choices_in(choices.get<std::string>())
                                                  : 0;
  return count == 0 ? std::nullopt : std::optional(1.0 / static_cast<double>(count));
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
