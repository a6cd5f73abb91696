// generation_kwargs of a task file as the engine's options.
#pragma once

#include "tasks/task.h"
#include "tasks/task_spec.h"

namespace flm {

/// Defaults as in lm-evaluation-harness: greedy, 256 new tokens, stop at the few-shot delimiter. An
/// unknown argument is a UserError.
GenerationOptions generation_options(const TaskSpec& spec);

}  // namespace flm
