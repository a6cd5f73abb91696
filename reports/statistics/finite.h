// Figures that may not be known.
#pragma once

#include <cmath>
#include <optional>

namespace flm {

/// Nothing for NaN and infinity.
inline std::optional<double> finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace flm
