// KEY=VALUE,... or a JSON object as lm-evaluation-harness reads them (lm_eval/_cli/utils.py,
// MergeDictAction), for its results.
#pragma once

#include <string>
#include <vector>

#include "base/documents/json.h"

namespace flm {

/// Of the words behind --model_args or --gen_kwargs: whole numbers, floats, true and false, None,
/// texts in quotes and lists become what they are there, everything else is a text.
Json key_values(const std::vector<std::string>& words);

}  // namespace flm
