// Requests that the model cannot run are UserErrors that name the value.
#pragma once

#include <span>

#include "engine/engine.h"

namespace flm {

void check_requests(std::span<const ScoreRequest> requests, const EngineInfo& info);
/// Ids only: lengths and sampling are the generator's to check.
void check_requests(std::span<const GenerateRequest> requests, const EngineInfo& info);

}  // namespace flm
