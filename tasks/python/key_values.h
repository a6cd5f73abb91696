// KEY=VALUE,... or a JSON object as lm-evaluation-harness reads them (lm_eval/_cli/utils.py,
// MergeDictAction).
#pragma once

#include <string>
#include <vector>

#include "base/documents/json.h"

namespace flm {

/// A value behind "=" (handle_cli_value_string): whole numbers, floats, true and false and Python's
/// literals become what they are there, everything else is a text; JSON's null and true inside
/// lists as well.
Json key_value(const std::string& text);

/// Of the words behind --model_args or --gen_kwargs, for results: "nan" and "inf" stay texts, for
/// JSON has neither. UserError for an object that is no JSON.
Json key_values(const std::vector<std::string>& words);

}  // namespace flm
