// What a plan costs on an engine, scoring and generation together.
#pragma once

#include "engine/engine.h"
#include "harness/plan.h"

namespace flm {

EnginePlan engine_cost(const Engine& engine, const RunPlan& plan);

}  // namespace flm
