#include "tasks/scoring/filters.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/text.h"
#include "tasks/scoring/choice_filter.h"

namespace flm {
namespace {

[[noreturn]] void wrong_argument(const FilterStep& step, const std::string& name,
                                 const char* wanted, const PyValue& found) {
  throw UserError(step.where + ": " + step.function + ": " + name + " must be " + wanted + ": " +
                  found.repr());
}

std::string text_argument(const FilterStep& step, const std::string& name,
                          const std::string& fallback) {
  const PyValue* value = step.find(name);
  if (value && !value->is_string()) wrong_argument(step, name, "text", *value);
  return value ? value->as_string() : fallback;
}

std::int64_t number_argument(const FilterStep& step, const std::string& name,
                             std::int64_t fallback) {
  const PyValue* value = step.find(name);
  if (value && !value->is_int()) wrong_argument(step, name, "a whole number", *value);
  return value ? value->as_int() : fallback;
}

PythonRegex pattern_of(const FilterStep& step, const std::string& name,
                       const std::string& pattern) {
  try {
    return PythonRegex::compile(pattern);
  } catch (const UserError& error) {
    throw UserError(step.where + ": " + name + ": " + error.what());
  }
}

/// regex_pattern, then those of regexes_to_ignore.
std::vector<PythonRegex> patterns_of(const FilterStep& step) {
  std::vector<PythonRegex> out;
  out.push_back(
      pattern_of(step, "regex_pattern", text_argument(step, "regex_pattern", kDefaultPattern)));
  const PyValue* ignore = step.find("regexes_to_ignore");
  if (!ignore || ignore->is_none()) return out;
  if (!ignore->is_list()) wrong_argument(step, "regexes_to_ignore", "a list of texts", *ignore);
  for (const PyValue& pattern : ignore->items()) {
    if (!pattern.is_string()) wrong_argument(step, "regexes_to_ignore", "a list of texts", *ignore);
    out.push_back(pattern_of(step, "regexes_to_ignore", pattern.as_string()));
  }
  return out;
}

/// What is wrong with the arguments is told when the task is read, not at its first answer.
void check_arguments(const FilterStep& step) {
  if (step.function == "take_first_k" && number_argument(step, "k", 1) < 0)
    wrong_argument(step, "k", "a whole number of at least 0", *step.find("k"));
  if (step.function == "map") {
    const PyValue* mapping = step.find("mapping_dict");
    if (!mapping || !mapping->is_dict()) throw UserError(step.where + ": map wants mapping_dict");
  }
  if (step.function != "regex" && step.function != "multi_choice_regex") return;
  number_argument(step, "group_select", 0);
  text_argument(step, "fallback", "");
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
  return python_strip(fallback);  // as there: stripped where something matched
}

/// Responses that an earlier map turned into something else than text count as empty.
PyValue map_text(const PyList& responses, const auto& change) {
  PyList out;
  for (const PyValue& item : responses)
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

/// One step at work on the responses of one document.
struct Call {
  const FilterStep& step;
  const std::vector<PythonRegex>& regexes;  // of a row with `patterns`: as in Filter::Step
  const PyList& responses;
  const PyValue& document;
};

PyValue take_first(const Call& call) {
  if (call.responses.empty()) throw UserError(call.step.where + ": take_first of nothing");
  return call.responses[0];
}

PyValue take_first_k(const Call& call) {
  const auto k = static_cast<std::size_t>(number_argument(call.step, "k", 1));
  if (k > call.responses.size())
    throw UserError(call.step.where +
                    ": take_first_k wants more responses than there are: " + std::to_string(k));
  const auto begin = call.responses.begin();
  return PyValue(PyList(begin, begin + static_cast<std::ptrdiff_t>(k)));
}

PyValue majority_vote(const Call& call) { return majority(call.responses); }

PyValue regex(const Call& call) {
  return map_text(call.responses,
                  [&](const std::string& t) { return pick(call.step, call.regexes[0], t); });
}

PyValue multi_choice_regex(const Call& call) {
  const std::vector<std::string> choices = choice_column(call.step, call.document);
  return map_text(call.responses, [&](const std::string& t) {
    return choice_letter(call.step, call.regexes, t, choices);
  });
}

std::string stripped(const std::string& text) { return python_strip(text); }

/// A function of one text, on every response; the second reads the step's arguments as well.
template <auto function>
PyValue each(const Call& call) {
  return map_text(call.responses, [](const std::string& t) { return function(t); });
}
template <auto function>
PyValue each_by_step(const Call& call) {
  return map_text(call.responses, [&](const std::string& t) { return function(call.step, t); });
}

/// `patterns`: regex_pattern and regexes_to_ignore are compiled for it.
struct KnownFilter {
  std::string name;
  PyValue (*run)(const Call& call);
  std::vector<std::string> arguments = {};
  bool patterns = false;
};

const std::vector<KnownFilter>& known_filters() {
  static const std::vector<KnownFilter> all = {
      {"take_first", take_first},
      {"take_first_k", take_first_k, {"k"}},
      {"majority_vote", majority_vote},
      {"regex", regex, {"regex_pattern", "group_select", "fallback"}, true},
      {"multi_choice_regex",
       multi_choice_regex,
       {"regex_pattern", "group_select", "fallback", "ignore_case", "ignore_punctuation",
        "regexes_to_ignore"},
       true},
      {"lowercase", each<python_lower>},
      {"uppercase", each<python_upper>},
      {"remove_whitespace", each<stripped>},
      {"regex_pos", each_by_step<tags>, {"regex_pattern", "group_select", "fallback"}},
      {"format_span", each<entities>},
      {"map", each_by_step<mapped>, {"mapping_dict", "default_value"}},
  };
  return all;
}

const KnownFilter* find_filter(const std::string& name) {
  for (const KnownFilter& filter : known_filters()) {
    if (filter.name == name) return &filter;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> filter_functions() {
  std::vector<std::string> names;
  for (const KnownFilter& filter : known_filters()) names.push_back(filter.name);
  return names;
}

const std::vector<std::string>& filter_arguments(const std::string& function) {
  static const std::vector<std::string> none;
  const KnownFilter* known = find_filter(function);
  return known ? known->arguments : none;
}

Filter::Filter(const FilterPipeline& pipeline) : name_(pipeline.name) {
  for (const FilterStep& spec : pipeline.steps) {
    Step step{spec, {}};
    const KnownFilter* known = find_filter(spec.function);
    if (known && known->patterns) step.regexes = patterns_of(spec);
    if (known) check_arguments(spec);
    steps_.push_back(std::move(step));
  }
}

PyValue Filter::run(const Step& step, PyValue value, const PyValue& document) {
  const FilterStep& spec = step.spec;
  if (spec.native) return spec.native(value, document, spec.arguments);
  if (value.is_string()) value = PyValue(value.iterate());  // Python walks over its characters
  if (!value.is_list())
    throw UserError(spec.where + ": " + spec.function + " after a step that takes one response");
  const KnownFilter* known = find_filter(spec.function);
  if (!known) throw UserError(spec.where + ": unknown filter function " + spec.function);
  return known->run({spec, step.regexes, value.items(), document});
}

PyValue Filter::apply(const std::vector<std::string>& responses, const PyValue& document) const {
  PyList list;
  for (const std::string& response : responses) list.push_back(PyValue(response));
  PyValue value{std::move(list)};
  for (const Step& step : steps_) value = run(step, std::move(value), document);
  return value;
}

}  // namespace flm
