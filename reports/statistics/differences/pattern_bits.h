// Random bits that are a function of a seed, a pattern's number and their place: the same for any
// number of threads.
#pragma once

#include <cstdint>

namespace flm {

/// A bijection of 64 bits in which each input bit moves every output bit (SplitMix64's finaliser).
inline std::uint64_t scrambled(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// The patterns of one seed.
class PatternBits {
 public:
  explicit PatternBits(std::uint64_t seed) : stream_(scrambled(seed + 1)) {}
  std::uint64_t key(std::uint64_t pattern) const {
    return scrambled(stream_ ^ scrambled(pattern + 1));
  }
  /// The bits 64 * word, ... of the pattern with this key.
  static std::uint64_t word(std::uint64_t key, std::uint64_t word) {
    constexpr std::uint64_t odd_step = 0x9E3779B97F4A7C15u;
    return scrambled(key + (word + 1) * odd_step);
  }

 private:
  std::uint64_t stream_;
};

}  // namespace flm
