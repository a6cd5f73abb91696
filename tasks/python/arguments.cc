#include "tasks/python/arguments.h"

#include <algorithm>

namespace flm {
PyParameters::PyParameters(const std::string& function, const PyArguments& arguments,
                           std::vector<std::string> names, size_t required)
    : function_(function), values_(names.size()) {
  if (arguments.positional.size() > names.size()) {
    raise("TypeError", function + "() takes at most " + std::to_string(names.size()) +
                           " argument(s) (" + std::to_string(arguments.positional.size()) +
                           " given)");
  }
  std::copy(arguments.positional.begin(), arguments.positional.end(), values_.begin());
  for (const auto& [name, value] : arguments.keywords) {
    const size_t i =
        static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    if (i == names.size())
      raise("TypeError", function + "() got an unexpected keyword argument '" + name + "'");
    if (values_[i])
      raise("TypeError", function + "() got multiple values for argument '" + name + "'");
    values_[i] = value;
  }
  for (size_t i = 0; i < required; ++i) {
    if (!values_[i])
      raise("TypeError", function + "() missing required argument '" + names[i] + "'");
  }
}

int64_t PyParameters::integer(size_t i, int64_t fallback) const {
  if (!has(i)) return fallback;
  const PyValue& v = *values_[i];
  if (v.is_undefined()) raise("UndefinedError", v.undefined_message());
  if (!v.is_integer())
    raise("TypeError", "'" + v.type_name() + "' object cannot be interpreted as an integer");
  return v.as_int();
}

const std::string& PyParameters::text(size_t i) const {
  const PyValue& v = *values_.at(i);
  if (v.is_undefined()) raise("UndefinedError", v.undefined_message());
  if (!v.is_string()) raise("TypeError", function_ + "() takes a str, not " + v.type_name());
  return v.as_string();
}

}  // namespace flm
