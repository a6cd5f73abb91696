// CPython's random.Random, bit for bit: few-shot draws and bootstraps depend on it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace flm {

/// Mersenne Twister seeded as Random(seed) of CPython 3.11 seeds it from an int (the sign is
/// dropped).
class PythonRandom {
 public:
  explicit PythonRandom(std::int64_t seed);

  /// [0, 1), 53 bits.
  double random() {
    const std::uint32_t high = next() >> 5, low = next() >> 6;
    return (high * 67108864.0 + low) * (1.0 / 9007199254740992.0);
  }
  std::uint64_t getrandbits(int bits);       // 1 to 64 bits
  std::uint64_t randrange(std::uint64_t n);  // [0, n), n >= 1
  /// choices(range(n), k=len(out)), 1 <= n < 2^32.
  void choices(std::size_t n, std::span<std::uint32_t> out);
  /// sample(range(n), k): UserError if k > n.
  std::vector<std::size_t> sample(std::size_t n, std::size_t k);
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      const std::size_t j = randrange(i);
      if (j != i - 1) std::swap(items[i - 1], items[j]);
    }
  }
  /// The words of getrandbits(bits), least significant first, for any width.
  std::vector<std::uint32_t> random_words(int bits);

 private:
  std::uint32_t next() {
    if (index_ == words_.size()) refill();
    return words_[index_++];
  }
  void refill();
  void seed_words(const std::vector<std::uint32_t>& key);

  std::array<std::uint32_t, 624> state_{}, words_{};
  std::size_t index_ = 624;
};

}  // namespace flm
