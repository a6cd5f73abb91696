#include "tasks/scoring/exact_match.h"

#include <algorithm>
#include <cmath>
#include <utility>

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

/// numpy.char.lower keeps the width of its array, that of its longest text: where lower-casing
/// makes a text longer (U+0130), what lies beyond is cut off.
std::string numpy_lower(const std::string& text, std::size_t width) {
  return python_substring(python_lower(text), 0, static_cast<std::int64_t>(width));
}

/// numpy makes texts of numbers that stand in one list with texts.
PyList as_array(const PyList& items) {
  const auto all_of = [&](auto is) { return std::all_of(items.begin(), items.end(), is); };
  const bool texts_or_numbers =
      all_of([](const PyValue& one) { return one.is_string() || one.is_number(); });
  if (!texts_or_numbers || all_of([](const PyValue& one) { return one.is_number(); })) return items;
  PyList out;
  for (const PyValue& one : items) out.emplace_back(one.str());
  return out;
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
  texts_only_ = !ignored_.empty() || case_ || punctuation_ || numbers_;
  // An empty list of regexes skips the conversion to arrays.
  arrays_ = !spec.regexes_to_ignore || texts_only_;
}

std::string ExactMatch::without_ignored(std::string text) const {
  for (const PythonRegex& regex : ignored_) text = regex.sub("", text);
  return text;
}

std::size_t ExactMatch::width(const PyList& array) const {
  std::size_t longest = 0;
  if (!case_) return longest;  // nothing is cut
  for (const PyValue& one : array)
    if (one.is_string()) longest = std::max(longest, utf8_length(without_ignored(one.as_string())));
  return longest;
}

std::string ExactMatch::normalised(std::string text, std::size_t width) const {
  text = without_ignored(std::move(text));
  if (case_) text = numpy_lower(text, width);
  if (punctuation_) text = without(text, kPythonPunctuation);
  if (numbers_) text = without(text, "0123456789");
  while (arrays_ && !text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

const PyValue& ExactMatch::text_wanted(const PyValue& value) const {
  if (texts_only_ && !value.is_string())
    throw UserError("regexes_to_ignore, ignore_case and their kin want texts, not " +
                    value.type_name() + ": " + value.repr());
  return value;
}

bool ExactMatch::operator()(const PyValue& prediction, const PyValue& reference,
                            const Widths& widths) const {
  if (prediction.is_none()) return reference.is_none();  // a map without default_value
  const PyValue &said = text_wanted(prediction), &wanted = text_wanted(reference);
  if (!said.is_string() || !wanted.is_string()) return said == wanted;
  return normalised(said.as_string(), widths.predictions) ==
         normalised(wanted.as_string(), widths.references);
}

double exact_match(const ExactMatch& exact, const PyValue& prediction,
                   const ExactTargets& targets) {
  const PyList said = as_array(prediction.is_list() ? prediction.items() : PyList{prediction});
  const PyList wanted = as_array(targets.items);
  if (said.size() != wanted.size() && said.size() != 1 && wanted.size() != 1)
    throw UserError("the filter leaves " + std::to_string(said.size()) +
                    " answers, which cannot be held against " + std::to_string(wanted.size()) +
                    " targets; end it with take_first");
  const std::size_t pairs =
      said.empty() || wanted.empty() ? 0 : std::max(said.size(), wanted.size());
  const ExactMatch::Widths widths{exact.width(said), exact.width(wanted)};
  double equal = 0;
  for (std::size_t i = 0; i < pairs; ++i)
    equal += exact(said[said.size() == 1 ? 0 : i], wanted[wanted.size() == 1 ? 0 : i], widths);
  if (targets.any) return equal > 0 ? 1 : 0;
  return equal / static_cast<double>(pairs);
}

PyValue cast_to_type_of(const PyValue& prediction, const PyValue& target) {
  if (prediction.is_string()) return target.is_string() ? target : PyValue(target.str());
  if (prediction.is_list() || prediction.is_none()) return target;
  if (prediction.is_bool()) return target.is_bool() ? target : PyValue(target.truthy());
  const bool text = target.is_string();
  if (text || target.is_number()) {
    if (prediction.is_int() && text) return python_parse_int(target.as_string());
    if (prediction.is_int())
      return target.is_float() ? std::trunc(target.as_float()) : PyValue(target.as_big_int());
    if (prediction.is_float())
      return text ? python_parse_float(target.as_string()) : target.as_float();
  }
  throw UserError("the target cannot be held against what the filter leaves (" +
                  prediction.type_name() + " " + prediction.repr() + "): " + target.repr());
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
