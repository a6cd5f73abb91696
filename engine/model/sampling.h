// One step's draws: what is asked of a row of logits, and what came out.
#pragma once

#include <cstdint>
#include <span>

#include "engine/engine.h"

namespace flm {

/// The next id of one sequence. `sampling` and `history` (prompt and output so far) stay the
/// caller's. The random number is keyed by (seed, prompt key, repeat, step).
struct SampleQuery {
  const Sampling* sampling = nullptr;
  std::int32_t vocab_size = 0;  // ids at or above it never come out
  std::span<const std::int32_t> history;
  std::uint64_t prompt_key = 0;
  std::uint32_t step = 0;
};

/// `logprob` is raw: before penalty and temperature. Where log_sum_exp is not finite the other two
/// mean nothing.
struct SampledToken {
  std::int32_t id = -1;
  float logprob = 0, log_sum_exp = 0;
};

}  // namespace flm
