// What a plan costs on an engine, scoring and generation together.
#pragma once

#include <string>

#include "engine/engine.h"
#include "harness/plan/plan.h"

namespace flm {

EnginePlan plan_cost(const Engine& engine, const RunPlan& plan);
std::string cost_json(const EnginePlan& cost);

}  // namespace flm
