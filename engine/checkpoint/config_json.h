// config.json -> ModelConfig. What is not understood is refused by name.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/checkpoint/config/model_config.h"

namespace flm {

/// Reads FOLDER/config.json, in the spelling of transformers 4 or 5. A missing or wrong key, an
/// unknown model_type or rope_scaling and anything else that would be ignored in silence is a
/// UserError that names it.
ModelConfig read_model_config(const std::string& folder);

/// Of the file's text; errors begin with `path`. The errors of read_model_config. `stored_head`:
/// whether the weights' files hold a head, which is asked where no key says whether it is tied;
/// empty: they do not.
ModelConfig parse_model_config(std::string_view text, const std::string& path,
                               const std::function<bool()>& stored_head = {});

}  // namespace flm
