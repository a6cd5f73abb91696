#include "tasks/scoring/filters.h"

#include <algorithm>
#include <map>

#include "base/errors.h"
#include "base/utf8.h"
#include "tasks/python/text.h"
#include "tasks/scoring/choice_filter.h"

namespace flm {
namespace {

constexpr const char* kDefaultPattern = "#### (\\-?[0-9\\.\\,]+)";

std::string text_argument(const FilterStep& step, const std::string& name,
                          const std::string& fallback) {
  const PyValue* value = step.find(name);
  return value && value->is_string() ? value->as_string() : fallback;
}

std::int64_t number_argument(const FilterStep& step, const std::string& name,
                             std::int64_t fallback) {
  const PyValue* value = step.find(name);
  return value && value->is_int() ? value->as_int() : fallback;
}

/// findall, group_select, first non-empty group, strip; else the fall-back.
std::string pick(const FilterStep& step, const PythonRegex& regex, const std::string& text) {
  const std::string fallback = text_argument(step, "fallback", "[invalid]");
  const std::vector<std::vector<std::string>> matches = regex.findall(text);
  if (matches.empty()) return fallback;
  std::int64_t select = number_argument(step, "group_select", 0);
  const auto count = static_cast<std::int64_t>(matches.size());
  if (select < 0) select += count;
  if (select < 0 || select >= count) {
    throw UserError(step.where + ": group_select lies outside the " + std::to_string(count) +
                    " matches: " + std::to_string(number_argument(step, "group_select", 0)));
  }
  const std::vector<std::string>& groups = matches[static_cast<std::size_t>(select)];
  if (groups.size() == 1) return python_strip(groups[0]);
  for (const std::string& group : groups) {
    if (!group.empty()) return python_strip(group);
  }
  return fallback;
}

/// Responses that an earlier map turned into something else than text count as empty.
PyValue map_text(const PyValue& value, const auto& change) {
  PyList out;
  for (const PyValue& item : value.items())
    out.push_back(PyValue(change(item.is_string() ? item.as_string() : std::string())));
  return PyValue(std::move(out));
}

PyValue majority(const PyList& responses) {
  std::size_t best = 0, most = 0;
  for (std::size_t i = 0; i < responses.size(); ++i) {
    const auto votes =
        static_cast<std::size_t>(std::count(responses.begin(), responses.end(), responses[i]));
    if (votes > most) most = votes, best = i;  // the first seen wins a tie
  }
  return PyValue(PyList{responses.at(best)});
}

/// The value of the dictionary as it is, else default_value, else None.
PyValue mapped(const FilterStep& step, const std::string& text) {
  const PyValue* mapping = step.find("mapping_dict");
  if (!mapping || !mapping->is_dict()) throw UserError(step.where + ": map wants mapping_dict");
  const PyValue* found = mapping->dict().find(text);
  if (found) return *found;
  const PyValue* fallback = step.find("default_value");
  return fallback ? *fallback : PyValue();
}

/// regex_pos: the second parts of ('word', 'TAG') pairs, else the fall-back list.
PyValue tags(const FilterStep& step, const std::string& text) {
  static const PythonRegex pair = PythonRegex::compile("\\('([^']*)', '([^']*)'\\)");
  PyList out;
  for (const std::vector<std::string>& match : pair.findall(text)) out.push_back(match[1]);
  if (!out.empty()) return PyValue(std::move(out));
  const PyValue* fallback = step.find("fallback");
  return fallback && !fallback->is_none() ? *fallback : PyValue(PyList{PyValue("invalid")});
}

/// format_span: the named entities of a response as "label: value" joined by " $ ".
std::string entities(const std::string& response) {
  static const std::vector<std::pair<std::string, std::string>> labels = {
      {"person", "PER"},  {"location", "LOC"},  {"organization", "ORG"}, {"counties", "LOC"},
      {"places", "LOC"},  {"people", "PER"},    {"persons", "PER"},      {"company", "ORG"},
      {"country", "LOC"}, {"continent", "LOC"}, {"time", "DATE"},        {"date", "DATE"},
      {"per", "PER"},     {"loc", "LOC"},       {"org", "ORG"}};
  std::string text = python_lower(response);
  for (const auto& [word, label] : labels)
    text = PythonRegex::compile("\\b" + word + "\\s*:").sub(label + ":", text);
  text = python_rstrip(python_replace(text, "$$", "$"), "$");
  text = python_strip(python_replace(text, "\n", "$"));
  static const PythonRegex spans = PythonRegex::compile("\\b(PER|LOC|ORG|DATE):\\s*([^$]+)");
  std::vector<std::string> out;
  for (const std::vector<std::string>& match : spans.findall(text)) {
    for (const std::string& value : python_split(match[1], ",", -1)) {
      const std::string entity = python_strip(value);
      if (python_lower(entity) != "none") out.push_back(python_lower(match[0]) + ": " + entity);
    }
  }
  return python_join(" $ ", out);
}

}  // namespace

Filter::Filter(const FilterPipeline& pipeline) : name_(pipeline.name) {
  for (const FilterStep& spec : pipeline.steps) {
    Step step{spec, {}};
    if (spec.function == "regex" || spec.function == "multi_choice_regex") {
      step.regexes.push_back(
          PythonRegex::compile(text_argument(spec, "regex_pattern", kDefaultPattern)));
      if (const PyValue* ignore = spec.find("regexes_to_ignore"); ignore && ignore->is_list()) {
        for (const PyValue& pattern : ignore->items())
          step.regexes.push_back(PythonRegex::compile(pattern.as_string()));
      }
    }
    steps_.push_back(std::move(step));
  }
}

PyValue Filter::run(const Step& step, PyValue value, const PyValue& document) {
  const std::string& function = step.spec.function;
  if (step.spec.native) return step.spec.native(value, document, step.spec.arguments);
  if (value.is_string()) value = PyValue(value.iterate());  // Python walks over its characters
  if (!value.is_list())
    throw UserError(step.spec.where + ": " + function + " after a step that takes one response");
  if (function == "take_first") {
    if (value.items().empty()) throw UserError(step.spec.where + ": take_first of nothing");
    return value.items()[0];
  }
  if (function == "take_first_k") {
    const PyList& all = value.items();
    const auto k = static_cast<std::size_t>(number_argument(step.spec, "k", 1));
    if (k > all.size())
      throw UserError(step.spec.where +
                      ": take_first_k wants more responses than there are: " + std::to_string(k));
    return PyValue(PyList(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k)));
  }
  if (function == "majority_vote") return majority(value.items());
  if (function == "regex")
    return map_text(value,
                    [&](const std::string& t) { return pick(step.spec, step.regexes[0], t); });
  if (function == "multi_choice_regex") {
    const std::vector<std::string> choices = choice_column(step.spec, document);
    return map_text(value, [&](const std::string& t) {
      return choice_letter(step.spec, step.regexes, t, choices);
    });
  }
  if (function == "lowercase")
    return map_text(value, [](const std::string& t) { return python_lower(t); });
  if (function == "uppercase")
    return map_text(value, [](const std::string& t) { return python_upper(t); });
  if (function == "remove_whitespace")
    return map_text(value, [](const std::string& t) { return python_strip(t); });
  if (function == "regex_pos")
    return map_text(value, [&](const std::string& t) { return tags(step.spec, t); });
  if (function == "format_span")
    return map_text(value, [](const std::string& t) { return entities(t); });
  if (function == "map")
    return map_text(value, [&](const std::string& t) { return mapped(step.spec, t); });
  throw UserError(step.spec.where + ": unknown filter function " + function);
}

PyValue Filter::apply(const std::vector<std::string>& responses, const PyValue& document) const {
  PyList list;
  for (const std::string& response : responses) list.push_back(PyValue(response));
  PyValue value{std::move(list)};
  for (const Step& step : steps_) value = run(step, std::move(value), document);
  return value;
}

}  // namespace flm
