// How fast an engine was, in words.
#pragma once

#include <string>

#include "base/progress.h"
#include "engine/engine.h"
#include "harness/cli/options.h"

namespace flm {

/// "4,096 rows in 2.05 s, 1,998 rows/s", and tokens where some were generated; without opening.
std::string speed_line(const EngineCounters& counters);
/// How often the weights were read from the files; by process where there are several.
std::string read_line(const EngineInfo& info, const EngineCounters& counters);
/// The table of --time-operations, where it was asked for.
void note_operation_times(const Engine& engine, const ModelFlags& flags, Progress& progress);

}  // namespace flm
