// config.json -> ModelConfig. What is not understood is refused by name.
#pragma once

#include <string>
#include <string_view>

#include "engine/checkpoint/model_config.h"

namespace flm {

/// Of the file's text; errors begin with `path`. The errors of read_model_config.
ModelConfig parse_model_config(std::string_view text, const std::string& path);

}  // namespace flm
