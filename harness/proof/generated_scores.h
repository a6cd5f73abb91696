// Generated answers as texts to score: another backend need not choose the same tokens, but gives
// those that were chosen their log-probabilities.
#pragma once

#include <functional>
#include <vector>

#include "engine/engine.h"
#include "harness/plan/plan.h"

namespace flm {

/// Adds a scoring request to the plan for each of its generations that has tokens: prompt and
/// answer, scored from the answer on. Returns what the run says of them in the same order; the most
/// likely tokens only of greedy answers without penalty, whose tokens they are.
std::vector<ScoreResult> add_generated_scores(
    RunPlan& plan, const std::function<GenerateResult(std::size_t)>& reported);

}  // namespace flm
