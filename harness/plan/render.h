// Tasks and the documents chosen of them, rendered.
#pragma once

#include <memory>

#include "base/progress.h"
#include "engine/tokenizer.h"
#include "harness/cli/options.h"
#include "harness/plan/plan.h"

namespace flm {

/// Tasks with their documents chosen and rendered, not yet tokenized (all that `show` and `replay:`
/// need). `tokenizer` gives the chat template; may be null where none is asked for.
/// `judge` scores generated code; null where nothing is scored.
RunPlan render_plan(const TaskFlags& flags, const Tokenizer* tokenizer, Progress& progress,
                    std::shared_ptr<const CodeJudge> judge = nullptr);

}  // namespace flm
