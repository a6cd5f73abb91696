// One scaled rotation: an object of config.json.
#pragma once

#include <cstdint>
#include <string>

#include "engine/checkpoint/config_reader.h"
#include "engine/checkpoint/model_config.h"

namespace flm {

/// "rope_type" or, in older files, "type"; where both stand they must agree. In rope_parameters
/// (`key`) none is "default".
std::string rope_type(ConfigReader& rope, const std::string& key);

/// The scaling, without its base; the caller refuses what is left of the object.
/// `original_positions`: said outside of it, 0 where not.
RopeScaling read_rope_scaling(ConfigReader& rope, const std::string& key, int max_positions,
                              double theta, std::int64_t original_positions);

}  // namespace flm
