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

/// What an earlier map gave in place of a text; most filters are functions of texts alone.
[[noreturn]] void not_a_text(const FilterStep& step, const PyValue& found) {
  throw UserError(step.where + ": " + step.function + " takes texts, not what map gave (" +
                  found.type_name() + "): " + found.repr() +
                  "; let mapping_dict and default_value be texts, or put map last");
}

std::string text_of(const FilterStep& step, const PyValue& response) {
  if (!response.is_string()) not_a_text(step, response);
  return response.as_string();
}

/// To regex and multi_choice_regex, and to them alone, what is no text is an empty one.
std::string text_or_empty(const PyValue& response) {
  return response.is_string() ? response.as_string() : std::string();
}

PyValue each_response(const PyList& responses, const auto& change) {
  PyList out;
  for (const PyValue& response : responses) out.push_back(PyValue(change(response)));
  return PyValue(std::move(out));
}

/// The value of the dictionary as it is, else default_value, else None.
PyValue mapped(const FilterStep& step, const PyValue& response) {
  const PyValue* mapping = step.find("mapping_dict");
  if (!mapping || !mapping->is_dict()) throw UserError(step.where + ": map wants mapping_dict");
  response.check_hashable();
  const PyValue* found = mapping->dict().find(response);
  if (found) return *found;
  const PyValue* fallback = step.find("default_value");
  return fallback ? *fallback : PyValue();
}

/// regex_pos: the second parts of ('word', 'TAG') pairs, else the fall-back list.
PyValue tags(const FilterStep& step, const PyValue& response) {
  static const PythonRegex pair = PythonRegex::compile("\\('([^']*)', '([^']*)'\\)");
  PyList out;
  for (const std::vector<std::string>& match : pair.findall(text_of(step, response)))
    out.push_back(match[1]);
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

/// One step at work on what the steps before left of the responses of one document.
struct Call {
  const FilterStep& step;
  const std::vector<PythonRegex>& regexes;  // of a row with `patterns`: as in Filter::Step
  const PyValue& left;                      // the responses, or the text that a step took of them
  const PyList& responses;                  // its elements: of a text the characters
  const PyValue& document;
};

/// Of an empty list of responses, or of an empty text, nothing can be chosen.
const PyList& some_responses(const Call& call) {
  if (call.responses.empty()) {
    throw UserError(call.step.where + ": " + call.step.function + " of nothing: " +
                    call.left.repr() + "; put it before the step that takes one response");
  }
  return call.responses;
}

PyValue take_first(const Call& call) { return some_responses(call)[0]; }

/// Of one text its first k characters; a shorter one stays whole.
PyValue take_first_k(const Call& call) {
  const std::int64_t wanted = number_argument(call.step, "k", 1);
  if (call.left.is_string()) return python_substring(call.left.as_string(), 0, wanted);
  const auto k = static_cast<std::size_t>(wanted);
  if (k > call.responses.size())
    throw UserError(call.step.where +
                    ": take_first_k wants more responses than there are: " + std::to_string(k));
  const auto begin = call.responses.begin();
  return PyValue(PyList(begin, begin + static_cast<std::ptrdiff_t>(k)));
}

PyValue majority_vote(const Call& call) {
  const PyList& responses = some_responses(call);
  std::ptrdiff_t most = 0;
  const PyValue* best = nullptr;
  for (const PyValue& response : responses) {
    response.check_hashable();
    const auto votes = std::count(responses.begin(), responses.end(), response);
    if (votes > most) most = votes, best = &response;  // the first seen wins a tie
  }
  return PyValue(PyList{*best});
}

PyValue regex(const Call& call) {
  return each_response(call.responses, [&](const PyValue& response) {
    return pick(call.step, call.regexes[0], text_or_empty(response));
  });
}

PyValue multi_choice_regex(const Call& call) {
  const std::vector<std::string> choices = choice_column(call.step, call.document);
  const bool changes = changes_compared_text(call.step, call.regexes);
  return each_response(call.responses, [&](const PyValue& response) {
    if (changes && !response.is_string()) not_a_text(call.step, response);
    return choice_letter(call.step, call.regexes, text_or_empty(response), choices);
  });
}

std::string stripped(const std::string& text) { return python_strip(text); }

/// A function of one text, on every response; the second takes any value and reads the step's
/// arguments as well.
template <auto function>
PyValue each(const Call& call) {
  return each_response(call.responses,
                       [&](const PyValue& one) { return function(text_of(call.step, one)); });
}
template <auto function>
PyValue each_by_step(const Call& call) {
  return each_response(call.responses,
                       [&](const PyValue& one) { return function(call.step, one); });
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
  if (!value.is_list() && !value.is_string())  // of a text Python walks over its characters
    throw UserError(spec.where + ": " + spec.function + " after a step that takes one response");
  const KnownFilter* known = find_filter(spec.function);
  if (!known) throw UserError(spec.where + ": unknown filter function " + spec.function);
  return known->run({spec, step.regexes, value, value.iterate(), document});
}

PyValue Filter::apply(const std::vector<std::string>& responses, const PyValue& document) const {
  PyList list;
  for (const std::string& response : responses) list.push_back(PyValue(response));
  PyValue value{std::move(list)};
  for (const Step& step : steps_) value = run(step, std::move(value), document);
  return value;
}

}  // namespace flm
