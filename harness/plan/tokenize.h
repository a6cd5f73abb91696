// From rendered documents to the requests of the engine.
#pragma once

#include "base/progress.h"
#include "engine/tokenizer.h"
#include "harness/cli/options.h"
#include "harness/plan/plan.h"

namespace flm {

/// Adds the engine requests of every item, in parallel over items; text that repeats is encoded
/// once a thread.
void tokenize_plan(RunPlan& plan, const TaskFlags& flags, const ModelFlags& model,
                   const Tokenizer& tokenizer, int max_length, int threads, Progress& progress);

}  // namespace flm
