// Who a model is beside its weights.
#pragma once

#include <string>

#include "engine/checkpoint/config/model_config.h"

namespace flm {

/// SHA-256 over every scalar of the configuration that can move a logit, as one canonical line of
/// JSON: two configurations with the same hash and the same weights compute the same bits.
std::string config_hash(const ModelConfig& config);

}  // namespace flm
