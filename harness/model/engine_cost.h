// What a plan costs on an engine, scoring and generation together.
#pragma once

#include "engine/engine.h"
#include "harness/cli/options.h"
#include "harness/plan/plan.h"

namespace flm {

EnginePlan engine_cost(const Engine& engine, const RunPlan& plan);
/// "4,096 rows in 2.05 s, 1,998 rows/s", and tokens where some were generated; without opening.
std::string speed_line(const EngineCounters& counters);
/// The table of --time-operations, where it was asked for.
void note_operation_times(const Engine& engine, const ModelFlags& flags, Progress& progress);

}  // namespace flm
