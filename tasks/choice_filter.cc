#include "tasks/choice_filter.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "base/utf8.h"
#include "tasks/python_text.h"

namespace flm {
namespace {

bool flag(const FilterStep& step, const std::string& name) {
  const PyValue* value = step.find(name);
  return value && value->truthy();
}

/// The text as it is compared: ignored patterns, case and punctuation taken away.
std::string compared(const FilterStep& step, const std::vector<PythonRegex>& regexes,
                     std::string text) {
  for (std::size_t i = 1; i < regexes.size(); ++i) text = regexes[i].sub("", text);
  if (flag(step, "ignore_case")) text = python_lower(text);
  if (!flag(step, "ignore_punctuation")) return text;
  std::u32string kept;
  for (char32_t c : utf8_decode(text)) {
    if (!u_ispunct(static_cast<UChar32>(c))) kept += c;
  }
  return utf8_encode(kept);
}

/// The match that group_select chooses, its first non-empty group, stripped; "" where there is
/// none.
std::string chosen(const FilterStep& step, const PythonRegex& regex, const std::string& text) {
  const auto matches = regex.findall(text);
  if (matches.empty()) return "";
  const PyValue* select = step.find("group_select");
  std::int64_t index = select && select->is_int() ? select->as_int() : 0;
  if (index < 0) index += static_cast<std::int64_t>(matches.size());
  if (index < 0 || index >= static_cast<std::int64_t>(matches.size())) return "";
  for (const std::string& group : matches[static_cast<std::size_t>(index)]) {
    if (!group.empty()) return python_strip(group);
  }
  return "";
}

}  // namespace

std::string choice_letter(const FilterStep& step, const std::vector<PythonRegex>& regexes,
                          const std::string& response, const std::vector<std::string>& choices) {
  std::string match = chosen(step, regexes[0], response);
  if (!match.empty()) return match;

  std::vector<std::pair<std::string, std::string>> by_text;  // compared choice text -> (A)
  std::string letters;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const std::string letter(1, static_cast<char>('A' + i));
    by_text.emplace_back(compared(step, regexes, choices[i]), "(" + letter + ")");
    letters += (letters.empty() ? "" : "|") + letter;
  }
  std::stable_sort(by_text.begin(), by_text.end(), [](const auto& a, const auto& b) {
    return utf8_length(a.first) > utf8_length(b.first);
  });
  std::string pattern;
  for (const auto& [text, letter] : by_text)
    pattern += (pattern.empty() ? "" : "|") + python_regex_escape(text);
  if (!choices.empty()) {
    match =
        chosen(step, PythonRegex::compile("(" + pattern + ")"), compared(step, regexes, response));
    for (const auto& [text, letter] : by_text) {
      if (!match.empty() && text == match) return letter;
    }
    match = chosen(step, PythonRegex::compile(":[\\s]*(" + letters + ")"), response);
    if (!match.empty()) return "(" + match + ")";
  }
  const PyValue* fallback = step.find("fallback");
  return fallback ? fallback->str() : "[invalid]";
}

}  // namespace flm
