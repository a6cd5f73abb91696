#include "bench/cases/buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <numbers>

#include "base/numbers/random_bits.h"

namespace flm::bench {
namespace {

constexpr std::int64_t kPeriod = 1048573;  // prime
constexpr float kSentinel = -7.25e33f;

double unit(std::uint64_t bits) { return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53; }

std::vector<float> make_normals() {
  std::vector<float> values(static_cast<std::size_t>(kPeriod));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double radius = std::sqrt(-2 * std::log(unit(split_mix64(2 * i))));
    values[i] =
        static_cast<float>(radius * std::cos(2 * std::numbers::pi * unit(split_mix64(2 * i + 1))));
  }
  return values;
}

const std::vector<float>& normals() {
  static const std::vector<float> values = make_normals();
  return values;
}

std::int64_t start_of(std::uint64_t stream) {
  return static_cast<std::int64_t>(split_mix64(stream ^ 0x5eed) %
                                   static_cast<std::uint64_t>(kPeriod));
}

}  // namespace

void fill_normal(float* out, std::int64_t count, std::uint64_t stream, float scale,
                 std::int64_t first) {
  const float* pool = normals().data();
  for (std::int64_t i = 0, at = (start_of(stream) + first) % kPeriod; i < count; at = 0) {
    const std::int64_t run = std::min(count - i, kPeriod - at);
    for (std::int64_t j = 0; j < run; ++j) out[i + j] = pool[at + j] * scale;
    i += run;
  }
}

float normal_at(std::uint64_t stream, std::int64_t i, float scale) {
  return normals()[static_cast<std::size_t>((start_of(stream) + i) % kPeriod)] * scale;
}

void Buffer::Free::operator()(float* p) const { std::free(p); }

Buffer::Buffer(std::int64_t count) : count_(count) {
  constexpr std::size_t kLine = 64, kHugePage = std::size_t{1} << 21;
  auto bytes = static_cast<std::size_t>(count + 2 * kGuard) * sizeof(float);
  const std::size_t unit = bytes >= 2 * kHugePage ? kHugePage : kLine;
  bytes = (bytes + unit - 1) / unit * unit;
  memory_.reset(static_cast<float*>(std::aligned_alloc(unit, bytes)));
  if (!memory_) throw std::bad_alloc();
  if (unit == kHugePage) madvise(memory_.get(), bytes, MADV_HUGEPAGE);  // as the engine's own
  std::fill_n(memory_.get(), kGuard, kSentinel);
  std::fill_n(data() + count_, kGuard, kSentinel);
}

void Buffer::fill(std::uint64_t stream, float scale) {
  stream_ = stream;
  scale_ = scale;
  fill_normal(data(), count_, stream, scale);
}

void Buffer::poison() { std::fill_n(data(), count_, std::numeric_limits<float>::quiet_NaN()); }

bool Buffer::unchanged() const {
  constexpr std::int64_t kBlock = 4096;
  std::vector<float> expected(static_cast<std::size_t>(kBlock));
  const float* pool = normals().data();
  std::int64_t at = start_of(stream_);
  for (std::int64_t i = 0; i < count_; i += kBlock) {
    const std::int64_t n = std::min(kBlock, count_ - i);
    for (std::int64_t j = 0; j < n; ++j, at = at + 1 == kPeriod ? 0 : at + 1)
      expected[static_cast<std::size_t>(j)] = pool[at] * scale_;
    if (std::memcmp(expected.data(), data() + i, static_cast<std::size_t>(n) * sizeof(float)) != 0)
      return false;
  }
  return true;
}

bool Buffer::sentinels_intact() const {
  const auto intact = [](float value) { return value == kSentinel; };
  return std::all_of(memory_.get(), memory_.get() + kGuard, intact) &&
         std::all_of(data() + count_, data() + count_ + kGuard, intact);
}

}  // namespace flm::bench
