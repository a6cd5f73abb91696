// Pseudo-random bits by counter, for host and kernels alike.
#pragma once

#include <cstdint>

namespace flm {

inline constexpr std::uint64_t kGoldenStep = 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio, odd

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection in which every bit of the
/// result depends on every bit of x.
constexpr std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// SplitMix64's next output behind the state x.
constexpr std::uint64_t split_mix64(std::uint64_t x) { return mixed(x + kGoldenStep); }

/// Bits of element i, without the elements before it.
constexpr std::uint64_t counter_bits(std::uint64_t key, std::int64_t i) {
  return mixed(key + static_cast<std::uint64_t>(i) * kGoldenStep);
}

}  // namespace flm
