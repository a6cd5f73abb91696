#include "tests/fuzz/mutation.h"

#include <algorithm>
#include <array>

namespace flm::fuzz {
namespace {

/// SplitMix64: the same stream on every platform, unlike the library's distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  /// 0 .. bound-1; bound 0 gives 0.
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : next() % bound; }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

/// What text parsers stumble over.
constexpr std::array<std::string_view, 16> kAwkward = {"-1",
                                                       "18446744073709551616",
                                                       "1e999",
                                                       "\"",
                                                       "{",
                                                       "[[[[[[[[",
                                                       "}",
                                                       "\\u",
                                                       "\n",
                                                       "\xff\xfe",
                                                       "\xed\xa0\x80",
                                                       "%",
                                                       "&a *a",
                                                       "{{ x }}",
                                                       "'",
                                                       std::string_view("\0", 1)};
/// What binary parsers stumble over, little endian.
constexpr std::array<std::uint64_t, 6> kNumbers = {
    0, 1, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff};

void injure(std::string& bytes, std::string_view other, Random& random) {
  const std::size_t at = random.below(bytes.size());
  const std::size_t length = std::min(bytes.size() - at, 1 + random.below(32));
  switch (random.below(8)) {
    case 0:
      if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
      break;
    case 1:
      if (!bytes.empty()) bytes[at] = static_cast<char>(random.below(256));
      break;
    case 2:
      bytes.resize(at);
      break;
    case 3:
      bytes.erase(at, length);
      break;
    case 4:
      bytes.insert(at, bytes.substr(at, length));
      break;
    case 5:
      bytes.insert(at, kAwkward[random.below(kAwkward.size())]);
      break;
    case 6: {
      const std::uint64_t number = kNumbers[random.below(kNumbers.size())];
      for (std::size_t i = 0; i < 8 && at + i < bytes.size(); ++i)
        bytes[at + i] = static_cast<char>(number >> (8 * i));
      break;
    }
    case 7: {
      const std::size_t from = random.below(other.size());
      bytes.insert(at, other.substr(std::min(from, other.size()), 1 + random.below(64)));
      break;
    }
  }
}

}  // namespace

std::string mutate(std::string_view seed, std::string_view other, std::uint64_t number) {
  Random random(number);
  std::string bytes(seed);
  for (std::size_t injuries = 1 + random.below(4); injuries > 0; --injuries)
    injure(bytes, other, random);
  return bytes;
}

}  // namespace flm::fuzz
