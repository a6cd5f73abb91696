#include "tasks/scoring/choice_filter.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <map>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

bool flag(const FilterStep& step, const std::string& name) {
  const PyValue* value = step.find(name);
  return value && value->truthy();
}

std::string letter(std::size_t choice) {
  return utf8_encode(std::u32string(1, static_cast<char32_t>(U'A' + choice)));
}

/// A choice by its own text; a text that no choice has as a whole stays what it is.
std::string by_text(const FilterStep& step, const std::vector<PythonRegex>& regexes,
                    const std::string& response, const std::vector<std::string>& choices) {
  std::map<std::string, std::string> letters;  // of equal texts the last one's
  std::vector<std::string> patterns;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const std::string text = compared_text(step, regexes, python_strip(choices[i]));
    letters[text] = "(" + letter(i) + ")";
    patterns.push_back(python_regex_escape(text));
  }
  std::stable_sort(patterns.begin(), patterns.end(),
                   [](const auto& a, const auto& b) { return utf8_length(a) > utf8_length(b); });
  const std::string match = chosen_match(step, PythonRegex::compile(python_join("|", patterns)),
                                         compared_text(step, regexes, response));
  const auto found = letters.find(match);
  return found == letters.end() || match.empty() ? match : found->second;
}

/// A letter after a colon.
std::string by_letter(const FilterStep& step, const std::string& response, std::size_t choices) {
  std::vector<std::string> letters;
  for (std::size_t i = 0; i < choices; ++i) letters.push_back(letter(i));
  const PythonRegex after_colon =
      PythonRegex::compile(":[\\s]*(" + python_join("|", letters) + ")");
  const std::string match = chosen_match(step, after_colon, response);
  return match.empty() ? match : "(" + match + ")";
}

}  // namespace

std::string compared_text(const FilterStep& step, const std::vector<PythonRegex>& regexes,
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

bool changes_compared_text(const FilterStep& step, const std::vector<PythonRegex>& regexes) {
  return regexes.size() > 1 || flag(step, "ignore_case") || flag(step, "ignore_punctuation");
}

std::string chosen_match(const FilterStep& step, const PythonRegex& regex,
                         const std::string& text) {
  const auto matches = regex.findall(text);
  if (matches.empty()) return "";
  const PyValue* select = step.find("group_select");
  const std::int64_t wanted = select && select->is_int() ? select->as_int() : 0;
  const auto count = static_cast<std::int64_t>(matches.size());
  const std::int64_t index = wanted < 0 ? wanted + count : wanted;
  if (index < 0 || index >= count) {
    throw UserError(step.where + ": group_select lies outside the " + std::to_string(count) +
                    " matches: " + std::to_string(wanted));
  }
  for (const std::string& group : matches[static_cast<std::size_t>(index)]) {
    if (!group.empty()) return python_strip(group);
  }
  return "";
}

std::vector<std::string> choice_column(const FilterStep& step, const PyValue& document) {
  const PyValue* column = document.is_dict() ? document.dict().find("choices") : nullptr;
  if (!column || !column->is_list())
    throw UserError(step.where + ": multi_choice_regex wants rows with a list named choices");
  std::vector<std::string> out;
  for (const PyValue& choice : column->items()) {
    if (!choice.is_string())
      throw UserError(step.where +
                      ": multi_choice_regex wants choices that are texts: " + choice.repr());
    out.push_back(choice.as_string());
  }
  return out;
}

std::string choice_letter(const FilterStep& step, const std::vector<PythonRegex>& regexes,
                          const std::string& response, const std::vector<std::string>& choices) {
  std::string match = chosen_match(step, regexes[0], response);
  if (match.empty()) match = by_text(step, regexes, response, choices);
  if (match.empty()) match = by_letter(step, response, choices.size());
  if (!match.empty()) return match;
  const PyValue* fallback = step.find("fallback");
  return fallback ? fallback->str() : "[invalid]";
}

}  // namespace flm
