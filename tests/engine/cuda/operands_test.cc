// What products are tried with: on a device where one is, else on the emulation.
#include <bit>
#include <cmath>
#include <optional>

#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/scratch.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

constexpr std::int64_t kCount = 20'003;

class Operands : public ::testing::Test {
 protected:
  void SetUp() override {
    FLM_NEED_DEVICE();
    pool_.emplace(stream_.emplace(), DevicePool::Takers::kSameStream);
  }
  template <class T>
  std::vector<T> random(std::uint64_t key, bool bf16) {
    const auto bytes = kCount * static_cast<std::int64_t>(sizeof(T));
    const Scratch memory(*pool_, *stream_, bytes);
    cuda::pseudo_random(*stream_, key, kCount, bf16, memory.as<void>());
    std::vector<T> values(kCount);
    copy_to_host(values.data(), memory.as<void>(), bytes, *stream_);
    stream_->wait();
    return values;
  }
  std::uint64_t first_difference(const std::vector<float>& a, const std::vector<float>& b) {
    const auto count = static_cast<std::int64_t>(a.size());
    const Scratch left(*pool_, *stream_, a.data(), count * 4),
        right(*pool_, *stream_, b.data(), count * 4);
    auto found = static_cast<std::uint64_t>(count);
    const Scratch first(*pool_, *stream_, &found, sizeof found);
    cuda::first_difference(*stream_, left.as<float>(), right.as<float>(), count,
                           first.as<std::uint64_t>());
    copy_to_host(&found, first.as<void>(), sizeof found, *stream_);
    stream_->wait();
    return found;
  }

 private:
  std::optional<Stream> stream_;  // where there is a device
  std::optional<DevicePool> pool_;
};

/// Odd multiples of 2^-24 between -1 and 1. The mean of n uniform numbers there deviates by
/// 1 / sqrt(3 n), the share below 1/8 by sqrt(7/64 / n): five of each are allowed.
TEST_F(Operands, AreUniformNumbersOf24Bits) {
  double sum = 0;
  int small = 0;
  for (const float x : random<float>(7, false)) {
    ASSERT_LT(std::abs(x), 1);
    EXPECT_EQ(std::fmod(std::abs(x) * 0x1p24, 2), 1);
    sum += static_cast<double>(x);
    small += std::abs(x) < 0.125f;
  }
  EXPECT_LT(std::abs(sum) / kCount, 5 / std::sqrt(3.0 * kCount));
  EXPECT_LT(std::abs(small / double{kCount} - 0.125), 5 * std::sqrt(7.0 / 64 / kCount));
}

/// Rounding to 8 significant bits moves a number by at most 2^-9 of its power of two.
TEST_F(Operands, NarrowOnesAreTheSameNumbersRounded) {
  const std::vector<float> wide = random<float>(7, false), other = random<float>(8, false);
  const std::vector<std::uint16_t> narrow = random<std::uint16_t>(7, true);
  for (std::size_t i = 0; i < wide.size(); ++i) {
    const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(narrow[i]) << 16);
    ASSERT_LE(std::abs(x - wide[i]), std::ldexp(1.0f, std::ilogb(wide[i]) - 8)) << i;
  }
  EXPECT_NE(wide, other) << "another key";
}

TEST_F(Operands, TheFirstDifferenceIsTheLeast) {
  // More values than threads: a thread sees several.
  std::vector<float> a(3'000'001, 1.5f), b = a;
  EXPECT_EQ(first_difference(a, b), a.size());
  b.back() = 2;
  EXPECT_EQ(first_difference(a, b), a.size() - 1);
  b[2'500'000] = 2;
  b[1'234'567] = std::nextafter(1.5f, 2.0f);
  EXPECT_EQ(first_difference(a, b), 1'234'567u);
  b[0] = 2;
  EXPECT_EQ(first_difference(a, b), 0u);
  EXPECT_EQ(first_difference({0.0f}, {-0.0f}), 0u) << "bits, not values";
  const float nan = std::nanf("");
  EXPECT_EQ(first_difference({nan}, {nan}), 1u);
}

}  // namespace
}  // namespace flm::test
