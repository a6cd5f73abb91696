// One scaled rotation: an object of config.json.
#pragma once

#include <cstdint>
#include <string>

#include "engine/checkpoint/config/config_reader.h"
#include "engine/checkpoint/config/model_config.h"

namespace flm {

/// The context of pretraining: a key of the rope object, or beside it.
constexpr const char* kOriginalPositions = "original_max_position_embeddings";

/// "rope_type" or, in older files, "type"; where both stand they must agree. In rope_parameters
/// (`key`) none is "default".
std::string rope_type(ConfigReader& rope, const std::string& key);

/// What a scaling is read with.
struct RopeContext {
  int max_positions = 0;
  double theta = 0;
  int dims = 0;                         // of a head, which are turned
  std::int64_t original_positions = 0;  // said outside of the object; 0: not there
};

/// Whether yarn's ramp begins and ends at whole pairs: true where the key is missing, and as in
/// transformers false where it is null.
bool read_truncate(ConfigReader& rope);

/// Keys of some kind of scaling, which those of another kind do not read: transformers warns of
/// them, and computes without.
void pass_unread_keys(ConfigReader& rope);

/// The scaling, without its base; the caller refuses what is left of the object.
RopeScaling read_rope_scaling(ConfigReader& rope, const std::string& key,
                              const RopeContext& context);

}  // namespace flm
