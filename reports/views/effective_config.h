// A task's file as lm-evaluation-harness 0.4.13 writes it into results (TaskConfig.to_dict): in the
// order of its fields and with the defaults in effect.
#pragma once

#include "base/documents/json.h"

namespace flm {

/// `file`: the merged task file, of which every key stays. `model_args` and `gen_kwargs`: objects
/// of the command line, or null, which stand in it there. Nothing of this goes into a hash.
Json effective_config(const Json& file, int num_fewshot, const Json& model_args,
                      const Json& gen_kwargs);

}  // namespace flm
