#include "engine/numerics/random_stream.h"

#include "base/numbers/random_bits.h"

namespace flm {
std::uint64_t hash_prompt(std::span<const std::int32_t> prompt) {
  std::uint64_t hash = split_mix64(prompt.size());
  for (std::int32_t id : prompt) hash = split_mix64(hash ^ static_cast<std::uint32_t>(id));
  return hash;
}

double uniform(std::uint64_t seed, std::uint64_t prompt_key, std::uint32_t repeat,
               std::uint32_t step) {
  const std::uint64_t stream = split_mix64(split_mix64(seed) ^ prompt_key);
  const std::uint64_t bits = split_mix64(stream ^ split_mix64(std::uint64_t{repeat} << 32 | step));
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace flm
