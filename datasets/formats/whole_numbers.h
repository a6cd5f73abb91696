// Numbers that an integer column can hold.
#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"

namespace flm {

/// A whole number of 64 bits, or a fraction that is one: 2.0.
inline bool fits_whole(const Json& value) {
  if (!value.is_number_float()) return value.is_number();
  const double number = value.get<double>();
  return number >= -0x1p63 && number < 0x1p63 && number == std::floor(number);
}

/// The number without its fraction's spelling; it fits.
inline void make_whole(Json& value) {
  if (value.is_number_float()) value = static_cast<std::int64_t>(value.get<double>());
}

}  // namespace flm
