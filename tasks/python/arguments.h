// The arguments of a call, matched to the parameters of what is called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tasks/python/value.h"

namespace flm {

/// Arguments matched to parameter names; TypeError for too many, unknown or repeated ones.
class PyParameters {
 public:
  PyParameters(const std::string& function, const PyArguments& arguments,
               std::vector<std::string> names, std::size_t required = 0);
  bool has(std::size_t i) const { return values_[i].has_value(); }
  const PyValue& operator[](std::size_t i) const { return *values_[i]; }
  /// A given argument, or `fallback`.
  PyValue value(std::size_t i, PyValue fallback) const {
    return has(i) ? *values_[i] : std::move(fallback);
  }
  bool flag(std::size_t i, bool fallback) const { return has(i) ? values_[i]->truthy() : fallback; }
  std::int64_t integer(std::size_t i, std::int64_t fallback) const;
  /// TypeError unless a str.
  const std::string& text(std::size_t i) const;

 private:
  std::string function_;
  std::vector<std::optional<PyValue>> values_;
};

}  // namespace flm
