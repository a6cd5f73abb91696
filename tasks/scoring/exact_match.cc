#include "tasks/scoring/exact_match.h"

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

std::string without(const std::string& text, std::string_view characters) {
  std::string kept;
  for (char c : text) {
    if (characters.find(c) == std::string_view::npos) kept += c;
  }
  return kept;
}

/// numpy.char.lower keeps the width of its array: where lower-casing makes a text longer (U+0130),
/// the end is cut off.
std::string numpy_lower(const std::string& text) {
  return python_substring(python_lower(text), 0, static_cast<std::int64_t>(utf8_length(text)));
}

PythonRegex ignored_pattern(const MetricSpec& spec, const std::string& pattern) {
  try {
    return PythonRegex::compile(pattern);
  } catch (const UserError& error) {
    throw UserError(spec.where + ": regexes_to_ignore: " + error.what());
  }
}

}  // namespace

ExactMatch::ExactMatch(const MetricSpec& spec)
    : case_(spec.ignore_case),
      punctuation_(spec.ignore_punctuation),
      numbers_(spec.ignore_numbers) {
  if (spec.regexes_to_ignore) {
    for (const std::string& pattern : *spec.regexes_to_ignore)
      ignored_.push_back(ignored_pattern(spec, pattern));
  }
  // An empty list of regexes skips the conversion to arrays.
  arrays_ = !spec.regexes_to_ignore || !ignored_.empty() || case_ || punctuation_ || numbers_;
}

std::string ExactMatch::normalised(std::string text) const {
  for (const PythonRegex& regex : ignored_) text = regex.sub("", text);
  if (case_) text = numpy_lower(text);
  if (punctuation_) text = without(text, kPythonPunctuation);
  if (numbers_) text = without(text, "0123456789");
  while (arrays_ && !text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

double ExactMatch::operator()(const std::string& prediction, const std::string& reference) const {
  return normalised(prediction) == normalised(reference) ? 1.0 : 0.0;
}

std::string answer_text(const PyValue& target, const std::vector<std::string>& choices) {
  if (target.is_list())
    return target.items().empty() ? "" : answer_text(target.items()[0], choices);
  const bool number = target.is_integer();  // True is 1 in Python
  if (!number || choices.empty()) return target.str();
  const std::int64_t n = static_cast<std::int64_t>(choices.size()), index = target.as_int();
  if (index < -n || index >= n)
    throw UserError("a few-shot row's target lies outside its choices: " + target.str());
  return choices[static_cast<std::size_t>(index < 0 ? index + n : index)];
}

}  // namespace flm
