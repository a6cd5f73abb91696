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

/// UserError where another text lies under the name of a data set that was read. For whoever asks a
/// model; what is shown, or answered in a log, carries a note.
void refuse_substitutes(const RunPlan& plan);

}  // namespace flm
