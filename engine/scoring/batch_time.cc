#include "engine/scoring/batch_time.h"

#include <algorithm>

namespace flm {
namespace {

constexpr double kFileBytes = 2e9;  // a second; a file that is in the page cache is faster

}  // namespace

double ExpectedSpeed::seconds(double batch_flops) const {
  return std::max(batch_flops / flops, weight_seconds);
}

double weight_seconds(std::int64_t bytes, std::int64_t locked, double link_bytes) {
  const std::int64_t from_memory = std::min(bytes, locked);
  const double memory = from_memory > 0 ? static_cast<double>(from_memory) / link_bytes : 0;
  return memory + static_cast<double>(bytes - from_memory) / kFileBytes;
}

double decoding_steps(std::span<const GenerateRequest> requests, std::int32_t most_together) {
  std::int64_t longest = 0, all = 0;
  for (const GenerateRequest& request : requests) {
    const auto begun = static_cast<std::int64_t>(request.begun.tokens.size());
    const std::int64_t missing = std::max<std::int64_t>(0, request.max_new_tokens - begun);
    longest = std::max(longest, missing);
    all += missing;
  }
  return static_cast<double>(std::max(longest, all / most_together));
}

bool worth_finishing(double seconds_so_far, double done, double seconds_left) {
  return done > 0 && seconds_so_far * (1 - done) / done <= seconds_left;
}

}  // namespace flm
