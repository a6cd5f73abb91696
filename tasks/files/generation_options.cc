#include "tasks/files/generation_options.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/json.h"

namespace flm {
namespace {

double python_float(const PyValue& value) {
  return value.is_string() ? python_parse_float(value.as_string()) : value.as_float();
}

/// The arguments as logged: temperature as a float, `until` always there.
PyDict logged_arguments(const TaskSpec& spec) {
  PyDict out;
  const bool given = spec.generation_kwargs.is_dict();
  if (given) {
    for (const auto& [key, value] : spec.generation_kwargs.dict()) {
      out.set(key, key == PyValue("temperature") ? PyValue(python_float(value)) : value);
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

}  // namespace

GenerationOptions generation_options(const TaskSpec& spec) {
  const PyDict arguments = logged_arguments(spec);
  GenerationOptions options;
  options.as_json = compact_json(PyValue(arguments).to_json());
  for (const auto& [key, value] : arguments) {
    const std::string name = key.str();
    if (name == "until") {
      if (value.is_string()) options.until = {value.as_string()};
      if (value.is_list()) {
        for (const PyValue& stop : value.items()) options.until.push_back(stop.str());
      }
    } else if (name == "temperature") {
      options.temperature = value.as_float();
    } else if (name == "top_p") {
      options.top_p = value.as_float();
    } else if (name == "top_k") {
      options.top_k = static_cast<int>(value.as_int());
    } else if (name == "repetition_penalty" && value.is_number()) {
      options.repetition_penalty = value.as_float();
    } else if (is_neutral(name, value)) {
      continue;
    } else if (name != "do_sample" && name != "max_gen_toks" && name != "max_new_tokens" &&
               name != "max_tokens" && name != "max_completion_tokens") {
      throw UserError("task " + spec.name + ": generation_kwargs " + name +
                      " is not in this version: " + value.str());
    }
  }
  for (const char* name : {"max_completion_tokens", "max_tokens", "max_new_tokens",
                           "max_gen_toks"}) {  // the last wins
    if (const PyValue* value = arguments.find(name))
      options.max_new_tokens = static_cast<int>(value->as_int());
  }
  const PyValue* sample = arguments.find("do_sample");
  options.do_sample = sample ? sample->truthy() : options.temperature > 0;
  if (!options.do_sample) options.temperature = 0;
  return options;
}

}  // namespace flm
