// All results of a list of requests, for the checks that run a share of a run again.
#pragma once

#include <vector>

#include "engine/engine.h"
#include "engine/tokenizer.h"

namespace flm {

std::vector<ScoreResult> score_again(Engine& engine, const std::vector<ScoreRequest>& requests);

std::vector<GenerateResult> generate_again(Engine& engine, const Tokenizer& tokenizer,
                                           const std::vector<GenerateRequest>& requests);

}  // namespace flm
