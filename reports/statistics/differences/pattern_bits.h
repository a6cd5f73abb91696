// Random bits that are a function of a seed, a pattern's number and their place: the same for any
// number of threads.
#pragma once

#include <cstdint>

#include "base/numbers/random_bits.h"

namespace flm {

/// The patterns of one seed.
class PatternBits {
 public:
  explicit PatternBits(std::uint64_t seed) : stream_(mixed(seed + 1)) {}
  std::uint64_t key(std::uint64_t pattern) const { return mixed(stream_ ^ mixed(pattern + 1)); }
  /// The bits 64 * word, ... of the pattern with this key.
  static std::uint64_t word(std::uint64_t key, std::uint64_t word) {
    return counter_bits(key, static_cast<std::int64_t>(word) + 1);
  }

 private:
  std::uint64_t stream_;
};

}  // namespace flm
