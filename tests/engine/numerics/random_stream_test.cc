#include "engine/numerics/random_stream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace flm {
namespace {

TEST(RandomStream, IsAFunctionOfItsKey) {
  EXPECT_EQ(uniform(1, 2, 3, 4), uniform(1, 2, 3, 4));
  const std::set<double> all{uniform(1, 2, 3, 4), uniform(2, 2, 3, 4), uniform(1, 3, 3, 4),
                             uniform(1, 2, 4, 4), uniform(1, 2, 3, 5), uniform(1, 2, 4, 3),
                             uniform(2, 1, 3, 4)};
  EXPECT_EQ(all.size(), 7u);
}

TEST(RandomStream, KeepsItsBits) {
  // Frozen: another value would change every stored sampled generation.
  const std::vector<std::int32_t> prompt{1, 22172, 3186};
  EXPECT_EQ(hash_prompt(prompt), 0x538711996EB8A274u);
  EXPECT_EQ(uniform(1234, hash_prompt(prompt), 0, 0), 0x1.c18b8ff299b88p-1);
}

TEST(RandomStream, PromptHashSeesOrderAndLength) {
  const auto hash = [](std::vector<std::int32_t> prompt) { return hash_prompt(prompt); };
  const std::set<std::uint64_t> all{hash({1, 2}),    hash({2, 1}), hash({1}),
                                    hash({1, 2, 0}), hash({0}),    hash({0, 0})};
  EXPECT_EQ(all.size(), 6u);
}

TEST(RandomStream, IsUniform) {
  std::vector<int> bins(64);
  double sum = 0;
  constexpr int kDraws = 64000;
  for (std::uint32_t step = 0; step < kDraws; ++step) {
    const double u = uniform(1234, 5, 0, step);
    ASSERT_TRUE(u >= 0 && u < 1);
    sum += u;
    ++bins[static_cast<int>(u * 64)];
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5 / std::sqrt(12.0 * kDraws));
  double chi_square = 0;
  for (int count : bins) chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
  EXPECT_LT(chi_square, 63 + 5 * std::sqrt(2 * 63.0));
}

}  // namespace
}  // namespace flm
