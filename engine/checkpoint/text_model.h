// The part of a model that a text goes through.
#pragma once

#include <string>

#include "base/documents/json.h"

namespace flm {

/// A config.json as it is, or of a model that takes images too the configuration of its language
/// model (text_config), with what stands beside that for all of it. UserError for a text_config
/// that is none, or that names another language model than its class has.
Json text_model_config(const Json& config, const std::string& path);

}  // namespace flm
