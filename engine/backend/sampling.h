// One step's draws: what is asked of a row of logits, and what came out.
#pragma once

#include <cstdint>
#include <span>

namespace flm {

struct Sampling {
  double temperature = 0;  // 0: greedy
  int top_k = 0;           // 0: off
  double top_p = 1;
  double repetition_penalty = 1;  // over prompt and output, before temperature
  std::uint64_t seed = 1234;
  std::uint32_t repeat = 0;  // number of the repeat of the same prompt
};

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

/// The next id under the request's sampling, from one row of logits. `history` = prompt and output
/// so far. Ids >= vocab_size never come out. The random stream is keyed by (seed, prompt hash,
/// repeat, step).
std::int32_t sample_token(std::span<const float> logits, std::int32_t vocab_size,
                          const Sampling& sampling, std::span<const std::int32_t> history,
                          std::uint64_t prompt_key, std::uint32_t step);

std::int32_t sample_token(std::span<const float> logits, const SampleQuery& query);

}  // namespace flm
