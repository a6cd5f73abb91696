// lm-evaluation-harness's --model_args: KEY=VALUE,... or a JSON object, as flags of ours.
#pragma once

#include "base/progress.h"
#include "harness/cli/options.h"

namespace flm {

/// The flags with what `model_args` says; `model` becomes what is pretrained. Arguments that change
/// nothing here are noted. UserError for those that would change a result, with our spelling, and
/// for a --model that computes elsewhere.
ModelFlags with_lm_eval_model_args(ModelFlags flags, Progress& progress);

/// "hf" and the other names of models that lm-evaluation-harness loads from a folder.
bool is_lm_eval_model(const std::string& model);

/// A UserError for "openai-completions" and the other names of lm-evaluation-harness 0.4.13 that no
/// checkpoint here stands behind, where no folder has the name.
void refuse_other_engine(const std::string& model);

}  // namespace flm
