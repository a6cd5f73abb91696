// The filters of BBH's zero-shot tasks.
#include <set>

#include "tasks/native/native_functions.h"
#include "tasks/native/number_words.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"
#include "tasks/scoring/choice_filter.h"
#include "tasks/scoring/filters.h"

namespace flm {
namespace {

std::string input_of(const PyValue& doc) {
  const PyValue* input = doc.is_dict() ? doc.dict().find("input") : nullptr;
  if (!input || !input->is_string()) throw UserError("a BBH row wants the text column input");
  return input->as_string();
}

FilterStep step_of(const NativeArguments& arguments) { return {"custom", arguments, "BBH filter"}; }

std::string fallback_of(const FilterStep& step) {
  const PyValue* fallback = step.find("fallback");
  return fallback ? fallback->str() : "[invalid]";
}

/// The pattern, then regexes_to_ignore.
std::vector<PythonRegex> regexes_of(const FilterStep& step, const std::string& pattern) {
  std::vector<PythonRegex> regexes = {PythonRegex::compile(pattern)};
  const PyValue* ignored = step.find("regexes_to_ignore");
  if (!ignored || !ignored->is_list()) return regexes;
  for (const PyValue& one : ignored->items())
    regexes.push_back(PythonRegex::compile(one.as_string()));
  return regexes;
}

std::string pattern_of(const FilterStep& step) {
  const PyValue* pattern = step.find("regex_pattern");
  return pattern ? pattern->str() : kDefaultPattern;
}

PyValue each(const PyValue& responses, const auto& change) {
  PyList out;
  for (const PyValue& response : responses.iterate()) out.push_back(change(response.str()));
  return PyValue(std::move(out));
}

/// multi_choice_regex whose choices stand in the question as "(A) text".
PyValue choices_of_question(const PyValue& responses, const PyValue& doc,
                            const NativeArguments& arguments) {
  static const PythonRegex listed = PythonRegex::compile("\\([A-Z]\\)([^\\n^(]*)");
  const FilterStep step = step_of(arguments);
  const std::vector<PythonRegex> regexes = regexes_of(step, pattern_of(step));
  std::vector<std::string> choices;
  for (const auto& match : listed.findall(input_of(doc))) choices.push_back(match[0]);
  return each(responses, [&](const std::string& text) {
    return PyValue(choice_letter(step, regexes, text, choices));
  });
}

/// Patterns to values: the match of any pattern, then the first pattern that it fits.
PyValue mapped_patterns(const PyValue& responses, const PyValue&,
                        const NativeArguments& arguments) {
  const FilterStep step = step_of(arguments);
  const PyValue* map = step.find("regex_pattern_to_value");
  if (!map || !map->is_dict()) throw UserError("MapRegexFilter wants regex_pattern_to_value");
  std::vector<std::string> patterns;
  for (const auto& [pattern, value] : map->dict()) patterns.push_back(pattern.str());
  const std::vector<PythonRegex> any = regexes_of(step, python_join("|", patterns));
  return each(responses, [&](const std::string& text) {
    const std::string whole = chosen_match(step, any[0], compared_text(step, any, text));
    if (whole.empty()) return PyValue(fallback_of(step));
    for (const auto& [pattern, value] : map->dict()) {
      const PythonRegex one = PythonRegex::compile(pattern.str());
      if (!chosen_match(step, one, compared_text(step, any, whole)).empty()) return value;
    }
    return PyValue(fallback_of(step));
  });
}

/// The harness writes `eight(?|een|y)`, a branch reset of Python's `regex` without an empty branch,
/// in the places behind the first: there a bare "eight" is no number.
std::string english_number_pattern() {
  const std::string words = "zero|one|two|three|four|five|(?:twen|thir|for|fif|six|seven|nine)";
  const std::string more = "|ten|eleven|twelve|fourteen|hundred|thousand|(?:m|b|tr)illion";
  return "((?:(?:" + words + "(?:teen|ty)|eight(?:|een|y)" + more + ")(?:" + words +
         "(?:|teen|ty)|eight(?:een|y)" + more + "|[^\\S\\r\\n]|,|and|&)+)?(?:" + words +
         "(?:teen|ty)|eight(?:een|y)" + more + "))";
}

/// A number in digits, else in English words. Words that make no number (there the harness stops)
/// give the fall-back.
PyValue numbers(const PyValue& responses, const PyValue&, const NativeArguments& arguments) {
  static const PythonRegex english = PythonRegex::compile(english_number_pattern());
  const FilterStep step = step_of(arguments);
  const PythonRegex digits = PythonRegex::compile(pattern_of(step));
  return each(responses, [&](const std::string& text) {
    const std::string match = chosen_match(step, digits, text);
    if (!match.empty()) return PyValue(match);
    const auto number = number_from_words(chosen_match(step, english, python_lower(text)));
    return PyValue(number ? std::to_string(*number) : fallback_of(step));
  });
}

/// The words of the question's list in the order in which the response has them last.
PyValue sorted_words(const PyValue& responses, const PyValue& doc, const NativeArguments&) {
  const std::vector<std::string> parts = python_split(input_of(doc), "List:", -1);
  if (parts.size() < 2) throw UserError("a word_sorting question wants List: " + input_of(doc));
  std::vector<std::string> words;
  for (const std::string& word : python_split(python_strip(parts[1])))
    words.push_back("\\b" + word + "\\b");
  const PythonRegex any = PythonRegex::compile(python_join("|", words));
  return each(responses, [&](const std::string& text) {
    const auto matches = any.findall(text);
    std::set<std::string> seen;
    std::vector<std::string> last;  // from the end
    for (auto match = matches.rbegin(); match != matches.rend(); ++match)
      if (seen.insert(match->at(0)).second) last.push_back(match->at(0));
    return PyValue(python_join(" ", {last.rbegin(), last.rend()}));
  });
}

}  // namespace

void add_bbh(NativeFunctions& all) {
  for (const std::string folder : {"bbh/zeroshot/", "bbh/cot_zeroshot/"}) {
    all.filters[folder + "utils.MultiChoiceRegexFilter"] = choices_of_question;
    all.filters[folder + "utils.MapRegexFilter"] = mapped_patterns;
    all.filters[folder + "utils.NumberParseRegexFilter"] = numbers;
    all.filters[folder + "utils.WordSortFilter"] = sorted_words;
  }
}

}  // namespace flm
