// The rotations of a model, in any of the spellings of transformers 4 and 5.
#pragma once

#include "engine/checkpoint/config/config_reader.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/families/family.h"

namespace flm {

/// rope_scaling is there and none of null, false and {}, which transformers takes for none.
bool has_rope_scaling(ConfigReader& reader);

/// rope_theta, rope_local_base_freq, rope_scaling, rope_parameters, partial_rotary_factor: base,
/// scaling and part of a head.
void read_rope(ConfigReader& reader, const Family& family, ModelConfig& config);

}  // namespace flm
