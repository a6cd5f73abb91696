#include "tasks/files/generation_options.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"

namespace flm {
namespace {

constexpr std::int64_t kMostTokens = 1'000'000'000;

[[noreturn]] void wrong(const std::string& name, const char* wanted, const PyValue& found) {
  throw UserError("generation_kwargs: " + name + " must be " + wanted + ": " + found.repr());
}

/// Other decoders' arguments are refused, not passed over: they would change the answers.
[[noreturn]] void refuse(const std::string& name, const PyValue& value) {
  const bool stops = name == "stop" || name == "stop_sequences" || name == "stop_strings";
  throw UserError("generation_kwargs: " + name + " is not known here; " +
                  (stops ? "give until=[TEXT, ...]"
                         : "known: until, max_gen_toks, do_sample, temperature, top_k, top_p, "
                           "repetition_penalty") +
                  ": " + value.str());
}

/// Python's float() of the temperature; the others must be numbers as they stand.
double number_of(const std::string& name, const PyValue& value) {
  double number = NAN;
  if (value.is_number()) {
    number = value.as_float();
  } else if (name == "temperature" && value.is_string()) {
    try {
      number = python_parse_float(value.as_string());
    } catch (const PyError&) {
      wrong(name, "a number", value);
    }
  }
  if (!std::isfinite(number)) wrong(name, "a number", value);
  return number;
}

/// 12.0 is 12: --gen-kwargs reads signs and points as floats, as lm-evaluation-harness does.
int whole_of(const std::string& name, const PyValue& value) {
  const double number = value.is_int() || value.is_float() ? value.as_float() : NAN;
  if (!(std::fabs(number) <= kMostTokens) || std::floor(number) != number)
    wrong(name, "a whole number", value);
  return static_cast<int>(number);
}

std::vector<std::string> stops_of(const PyValue& value) {
  if (value.is_none()) return {};
  if (value.is_string()) return {value.as_string()};
  std::vector<std::string> out;
  if (!value.is_list()) wrong("until", "text or a list of texts", value);
  for (const PyValue& stop : value.items()) {
    if (!stop.is_string()) wrong("until", "text or a list of texts", value);
    out.push_back(stop.as_string());
  }
  return out;
}

/// The arguments as logged: temperature as a float, `until` always there.
PyDict logged_arguments(const TaskSpec& spec) {
  PyDict out;
  const bool given = spec.generation_kwargs.is_dict();
  if (given) {
    for (const auto& [key, value] : spec.generation_kwargs.dict()) {
      out.set(key,
              key == PyValue("temperature") ? PyValue(number_of("temperature", value)) : value);
    }
  } else {
    out.set(PyValue("temperature"), PyValue(0.0));
    out.set(PyValue("do_sample"), PyValue(false));
    out.set(PyValue("max_gen_toks"), PyValue(256));
  }
  if (!out.find("until"))
    out.set(PyValue("until"), PyValue(PyList{PyValue(spec.fewshot_delimiter)}));
  return out;
}

/// Settings of other decoders that change nothing: no beams.
bool is_neutral(const std::string& name, const PyValue& value) {
  static const std::vector<std::string> ones = {"num_beams", "num_return_sequences"};
  const bool one = std::find(ones.begin(), ones.end(), name) != ones.end();
  return value.is_none() || (one && value.is_number() && value.as_float() == 1);
}

/// What the engine would refuse without a place.
void check_ranges(const GenerationOptions& options) {
  const auto require = [](bool fits, const char* name, const char* wanted, const PyValue& value) {
    if (!fits) wrong(name, wanted, value);
  };
  require(options.max_new_tokens >= 1, "max_gen_toks", "at least 1",
          PyValue(options.max_new_tokens));
  require(options.temperature >= 0, "temperature", "at least 0", PyValue(options.temperature));
  require(options.top_k >= 0, "top_k", "at least 0, which is off", PyValue(options.top_k));
  require(options.top_p > 0 && options.top_p <= 1, "top_p", "above 0 and at most 1",
          PyValue(options.top_p));
  require(options.repetition_penalty > 0, "repetition_penalty", "above 0",
          PyValue(options.repetition_penalty));
}

GenerationOptions checked_options(const TaskSpec& spec) {
  const PyDict arguments = logged_arguments(spec);
  GenerationOptions options;
  options.as_json = compact_json(PyValue(arguments).to_json());
  for (const auto& [key, value] : arguments) {
    const std::string name = key.str();
    if (name == "until") {
      options.until = stops_of(value);
    } else if (name == "temperature") {
      options.temperature = number_of(name, value);
    } else if (name == "top_p") {
      options.top_p = number_of(name, value);
    } else if (name == "top_k") {
      options.top_k = whole_of(name, value);
    } else if (name == "repetition_penalty") {
      options.repetition_penalty = number_of(name, value);
    } else if (is_neutral(name, value)) {
      continue;
    } else if (name != "do_sample" && name != "max_gen_toks" && name != "max_new_tokens" &&
               name != "max_tokens" && name != "max_completion_tokens") {
      refuse(name, value);
    }
  }
  for (const char* name : {"max_completion_tokens", "max_tokens", "max_new_tokens",
                           "max_gen_toks"}) {  // the last wins
    if (const PyValue* value = arguments.find(name))
      options.max_new_tokens = whole_of(name, *value);
  }
  // The harness's decoder finds an empty stop string behind the first token.
  if (std::find(options.until.begin(), options.until.end(), "") != options.until.end())
    options.max_new_tokens = std::min(options.max_new_tokens, 1);
  const PyValue* sample = arguments.find("do_sample");
  if (sample && !sample->is_bool() && !sample->is_none())
    wrong("do_sample", "true or false", *sample);
  options.do_sample = sample ? sample->truthy() : options.temperature > 0;
  if (!options.do_sample) options.temperature = 0;
  check_ranges(options);
  return options;
}

}  // namespace

std::string sampling_note(const TaskSpec& spec) {
  if (spec.output_type != "generate_until") return "";
  const GenerationOptions options = generation_options(spec);
  const bool said = spec.generation_kwargs.is_dict() && spec.generation_kwargs.dict().find("top_k");
  if (options.temperature == 0 || said) return "";
  return "task " + spec.name +
         " samples from all tokens; transformers' generate, and so lm-evaluation-harness with hf, "
         "takes "
         "top_k and top_p of generation_config.json, and the 50 likeliest where nothing says it: "
         "--gen-kwargs top_k=50 does the same";
}

GenerationOptions generation_options(const TaskSpec& spec) {
  try {
    return checked_options(spec);
  } catch (const UserError& error) {
    throw UserError(spec.place("generation_kwargs") + ": " + error.what());
  }
}

}  // namespace flm
