#include "reports/views/chance.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/joined.h"
#include "base/json.h"
#include "reports/figures/figures.h"
#include "reports/views/shown_rows.h"

namespace flm {
namespace {

/// What stands between two marks and white space around them; nothing where they are not there.
std::optional<std::string_view> between(std::string_view text, std::string_view begin,
                                        std::string_view end) {
  const auto trimmed = [](std::string_view part) {
    const std::size_t first = part.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return std::string_view();
    return part.substr(first, part.find_last_not_of(" \t\r\n") + 1 - first);
  };
  text = trimmed(text);
  if (text.size() < begin.size() + end.size() || !text.starts_with(begin) || !text.ends_with(end))
    return std::nullopt;
  return trimmed(text.substr(begin.size(), text.size() - begin.size() - end.size()));
}

/// How many choices a template gives every document, where it is one list: {{["no", "yes"]}} or
/// {{[first, second]}}; 0 where it is anything else.
std::size_t choices_in(const std::string& text) {
  const auto expression = between(text, "{{", "}}");
  const auto list = expression ? between(*expression, "[", "]") : std::nullopt;
  if (!list || list->empty()) return 0;
  std::size_t count = 1;
  int depth = 0;
  char quote = 0;  // that stands open
  for (std::size_t i = 0; i < list->size(); ++i) {
    const char c = (*list)[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '(' || c == '{') {
      ++depth;
    } else if (c == ']' || c == ')' || c == '}') {
      if (--depth < 0) return 0;  // [a] + [b]
    } else if (c == ',' && depth == 0) {
      ++count;
    }
  }
  return quote == 0 ? count : 0;
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
    out += (out.empty() ? "chance is " : ", ") + fixed(chance, 2) + " for " + enumerated(names);
  if (!lost.empty()) out += "; no better than chance here: " + enumerated(lost);
  return out;
}

}  // namespace flm
