// Factors of config.json as the fp32 numbers that they become.
#pragma once

#include <cmath>
#include <string>

#include "engine/checkpoint/config/config_reader.h"

namespace flm {

/// UserError that names the key where `value`, which it says, is no positive float.
inline float scalar(ConfigReader& reader, const std::string& key, double value) {
  const auto number = static_cast<float>(value);
  if (!std::isfinite(number) || !(number > 0))
    reader.refuse(key, "the factor that it makes does not fit a float");
  return number;
}

inline float scalar_or(ConfigReader& reader, const std::string& key, double otherwise) {
  return scalar(reader, key, reader.positive_or(key, otherwise));
}

}  // namespace flm
