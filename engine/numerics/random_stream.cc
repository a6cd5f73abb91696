#include "engine/numerics/random_stream.h"

#include "engine/numerics/random_bits.h"

namespace flm {
namespace {

std::uint64_t mix(std::uint64_t x) { return mixed(x + kGoldenStep); }

}  // namespace

std::uint64_t hash_prompt(std::span<const std::int32_t> prompt) {
  std::uint64_t hash = mix(prompt.size());
  for (std::int32_t id : prompt) hash = mix(hash ^ static_cast<std::uint32_t>(id));
  return hash;
}

double uniform(std::uint64_t seed, std::uint64_t prompt_key, std::uint32_t repeat,
               std::uint32_t step) {
  const std::uint64_t stream = mix(mix(seed) ^ prompt_key);
  const std::uint64_t bits = mix(stream ^ mix(std::uint64_t{repeat} << 32 | step));
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace flm
