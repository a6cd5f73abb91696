// Continuous batching: prompts share K/V prefixes, finished rows leave at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "engine/model/model.h"

namespace flm {

struct GeneratorLimits {
  std::int32_t kv_slots = 0;     // of the K/V storage, a position of a sequence each
  std::int32_t max_batch = 64;   // rows decoded together
  std::int32_t max_length = 0;   // prompt and output together
  std::int32_t max_rows = 1024;  // rows of one forward, decoded ones and those of new prompts
};

struct GeneratorCounters {
  std::int64_t rows_computed = 0, generated_tokens = 0;
};

/// Indices in the order of their inputs: each request shares more with the one before it than with
/// any earlier one.
std::vector<std::size_t> order_by_inputs(std::span<const GenerateRequest> requests);

/// Runs all requests on `model` (rank 0's view; with tensor parallel the model is a front that
/// drives all ranks). Requests must be sound and fit the limits (engine/requests.h). Results do not
/// depend on batching, order or limits. Returns false when `stop` ended it early.
bool run_generation(Model& model, std::span<const GenerateRequest> requests,
                    const Tokenizer& tokenizer, const GeneratorLimits& limits,
                    const GenerateSink& sink, const BatchSink& commit,
                    const std::atomic<bool>& stop, GeneratorCounters* counters);

}  // namespace flm
