// Named shapes for synthetic weights.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/checkpoint/config/model_config.h"

namespace flm {

const std::vector<std::pair<std::string, ModelConfig>>& synthetic_presets();

}  // namespace flm
