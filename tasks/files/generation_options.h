// generation_kwargs of a task file as the engine's options.
#pragma once

#include "tasks/spec.h"
#include "tasks/task.h"

namespace flm {

/// Defaults as in lm-evaluation-harness: greedy, 256 new tokens, stop at the few-shot delimiter. An
/// unknown argument is a UserError.
GenerationOptions generation_options(const TaskSpec& spec);

/// What a user of lm-evaluation-harness should know of a task that samples; "" for others.
std::string sampling_note(const TaskSpec& spec);

}  // namespace flm
