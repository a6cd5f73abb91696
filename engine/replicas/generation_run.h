// The requests of a generation run, dealt to replicas.
#pragma once

#include <atomic>
#include <span>

#include "engine/replicas/replica.h"

namespace flm {

/// run_generation over all replicas: each takes runs of requests whose inputs lie next to each
/// other, so that what they share is computed by one of them. Sink and commit are called in the
/// calling thread. False where `stop` ended it early.
bool generate_together(std::span<Replica* const> replicas,
                       std::span<const GenerateRequest> requests, const Tokenizer& tokenizer,
                       const GeneratorLimits& limits, const GenerateSink& sink,
                       const BatchSink& commit, const std::atomic<bool>& stop,
                       GeneratorCounters& counters);

}  // namespace flm
