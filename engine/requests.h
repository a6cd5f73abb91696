// What is asked of the engine must be possible: a request that is not is a UserError with its
// index, the value and the remedy.
#pragma once

#include <span>

#include "engine/engine.h"
#include "engine/generation/generator.h"

namespace flm {

void check_requests(std::span<const ScoreRequest> requests, const EngineInfo& info);
/// Ids only, which is all that a plan needs.
void check_requests(std::span<const GenerateRequest> requests, const EngineInfo& info);
/// What the generator relies on: lengths, K/V slots, sampling and stop strings.
void check_requests(std::span<const GenerateRequest> requests, const GeneratorLimits& limits);

}  // namespace flm
