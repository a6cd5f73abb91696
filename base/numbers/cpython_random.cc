#include "base/numbers/cpython_random.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/errors.h"

namespace flm {
namespace {

constexpr size_t kSize = 624, kShift = 397;  // MT19937

int bit_length(uint64_t n) { return n == 0 ? 0 : 64 - __builtin_clzll(n); }

}  // namespace

// Random(seed) takes the words of |seed| and runs init_by_array over them.
PythonRandom::PythonRandom(int64_t seed) {
  const uint64_t magnitude =
      seed < 0 ? 0 - static_cast<uint64_t>(seed) : static_cast<uint64_t>(seed);
  std::vector<uint32_t> key{static_cast<uint32_t>(magnitude)};
  if (magnitude >> 32) key.push_back(static_cast<uint32_t>(magnitude >> 32));
  seed_words(key);
}

void PythonRandom::seed_words(const std::vector<uint32_t>& key) {
  const auto mixed = [&](size_t i) { return state_[i - 1] ^ (state_[i - 1] >> 30); };
  state_[0] = 19650218u;
  for (size_t i = 1; i < kSize; ++i) state_[i] = 1812433253u * mixed(i) + static_cast<uint32_t>(i);
  size_t i = 1, j = 0;
  const auto wrap = [&] {
    if (++i < kSize) return;
    state_[0] = state_[kSize - 1];
    i = 1;
  };
  for (size_t k = std::max(kSize, key.size()); k > 0; --k) {
    state_[i] = (state_[i] ^ (mixed(i) * 1664525u)) + key[j] + static_cast<uint32_t>(j);
    wrap();
    j = (j + 1) % key.size();
  }
  for (size_t k = kSize - 1; k > 0; --k) {
    state_[i] = (state_[i] ^ (mixed(i) * 1566083941u)) - static_cast<uint32_t>(i);
    wrap();
  }
  state_[0] = 0x80000000u;
  index_ = kSize;
}

void PythonRandom::refill() {
  const auto twist = [&](size_t i, size_t after, size_t source) {
    const uint32_t y = (state_[i] & 0x80000000u) | (state_[after] & 0x7FFFFFFFu);
    state_[i] = state_[source] ^ (y >> 1) ^ (y & 1 ? 0x9908B0DFu : 0);
  };
  size_t i = 0;
  for (; i < kSize - kShift; ++i) twist(i, i + 1, i + kShift);
  for (; i < kSize - 1; ++i) twist(i, i + 1, i + kShift - kSize);
  twist(i, 0, kShift - 1);
  for (i = 0; i < kSize; ++i) {
    uint32_t y = state_[i];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9D2C5680u;
    y ^= (y << 15) & 0xEFC60000u;
    words_[i] = y ^ (y >> 18);
  }
  index_ = 0;
}

std::vector<uint32_t> PythonRandom::random_words(int bits) {
  FLM_CHECK(bits >= 1, "getrandbits needs at least one bit");
  std::vector<uint32_t> words;
  for (; bits > 0; bits -= 32) words.push_back(bits >= 32 ? next() : next() >> (32 - bits));
  return words;
}

uint64_t PythonRandom::getrandbits(int bits) {
  FLM_CHECK(bits >= 1 && bits <= 64, "getrandbits returns 1 to 64 bits");
  if (bits <= 32) return next() >> (32 - bits);
  const uint64_t low = next();
  return low | static_cast<uint64_t>(next() >> (64 - bits)) << 32;
}

uint64_t PythonRandom::randrange(uint64_t n) {
  FLM_CHECK(n >= 1, "randrange of an empty range");
  const int bits = bit_length(n);
  uint64_t draw = getrandbits(bits);
  while (draw >= n) draw = getrandbits(bits);
  return draw;
}

void PythonRandom::choices(size_t n, std::span<uint32_t> out) {
  FLM_CHECK(n >= 1 && n <= UINT32_MAX, "choices from 1 to 2^32 - 1");
  const double all = static_cast<double>(n);
  for (uint32_t& choice : out) choice = static_cast<uint32_t>(random() * all);
}

// Small populations are drawn from a shrinking pool, large ones with a set of what was taken: the
// two use the stream differently, so the limit between them is part of the result.
std::vector<size_t> PythonRandom::sample(size_t n, size_t k) {
  if (k > n) {
    throw UserError("cannot draw " + std::to_string(k) + " rows from a population of " +
                    std::to_string(n) + "; ask for at most " + std::to_string(n));
  }
  std::vector<size_t> out(k);
  double pool_limit = 21;
  if (k > 5)
    pool_limit += std::pow(4, std::ceil(std::log(static_cast<double>(k * 3)) / std::log(4.0)));
  if (static_cast<double>(n) <= pool_limit) {
    std::vector<size_t> pool(n);
    for (size_t i = 0; i < n; ++i) pool[i] = i;
    for (size_t i = 0; i < k; ++i) {
      const size_t j = randrange(n - i);
      out[i] = pool[j];
      pool[j] = pool[n - i - 1];
    }
    return out;
  }
  std::vector<bool> taken(n);
  for (size_t i = 0; i < k; ++i) {
    size_t j = randrange(n);
    while (taken[j]) j = randrange(n);
    taken[j] = true;
    out[i] = j;
  }
  return out;
}

}  // namespace flm
