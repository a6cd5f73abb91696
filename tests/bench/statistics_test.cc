// Expected values: scipy 1.17.1 (mannwhitneyu method="exact", false_discovery_control, binom,
// gmean) in a throw-away environment; the one with ties by enumerating all subsets of its midranks.
#include "bench/results/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace flm::bench {
namespace {

const std::vector<double> kA = {10.1, 10.4, 9.9, 10.2, 10.0, 10.3, 9.8, 10.5, 10.6, 10.15};
const std::vector<double> kB = {10.7, 10.25, 10.9, 10.35, 11.0, 10.8, 10.05, 11.1, 10.95, 10.65};

TEST(Statistics, QuantilesInterpolate) {
  const std::vector<double> sorted = {1, 2, 4, 8};
  EXPECT_DOUBLE_EQ(quantile(sorted, 0.5), 3);
  EXPECT_DOUBLE_EQ(quantile(sorted, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(quantile(sorted, 1), 8);
  EXPECT_DOUBLE_EQ(median({5, 1, 9}), 5);
}

TEST(Statistics, MannWhitneyIsExact) {
  EXPECT_NEAR(mann_whitney(kA, kB), 0.0051960423477451344, 1e-14);
  EXPECT_NEAR(mann_whitney(kB, kA), 0.0051960423477451344, 1e-14);
  EXPECT_NEAR(mann_whitney({1, 2, 3, 4}, {5, 6, 7, 8}), 2.0 / 70, 1e-15);
  EXPECT_NEAR(mann_whitney({1, 4, 6}, {2, 3, 5, 7, 8}), 0.5714285714285714, 1e-15);
  EXPECT_DOUBLE_EQ(mann_whitney({3, 3, 3}, {3, 3, 3}), 1);
}

TEST(Statistics, MannWhitneyIsExactWithTies) {
  EXPECT_NEAR(mann_whitney({1, 2, 2, 3, 5}, {2, 3, 4, 4, 6}), 0.2222222222222222, 1e-15);
}

/// As many repetitions as there can be. The ties' value: all subsets of the midranks.
TEST(Statistics, MannWhitneyIsExactForAHundredAndForUnequalSamples) {
  std::vector<double> a, b;
  for (int i = 0; i < 100; ++i) {
    a.push_back(7919 * i % 1009);
    b.push_back((104729 * i + 13) % 1013 + 40.5);
  }
  EXPECT_NEAR(mann_whitney(a, b), 0.5001186707103098, 1e-12);
  EXPECT_NEAR(mann_whitney(b, a), 0.5001186707103098, 1e-12);
  EXPECT_NEAR(mann_whitney({1, 2, 2, 3, 5, 5}, {2, 3, 4, 4, 6, 6, 7, 5}), 0.12221112221112221,
              1e-15);
}

TEST(Statistics, SmallestPOfTenAgainstTen) {
  std::vector<double> low, high;
  for (int i = 0; i < 10; ++i) {
    low.push_back(i);
    high.push_back(100 + i);
  }
  EXPECT_NEAR(mann_whitney(low, high), 2.0 / 184756, 1e-18);  // 2 / C(20, 10)
}

TEST(Statistics, BenjaminiHochberg) {
  const std::vector<double> adjusted = benjamini_hochberg({0.01, 0.04, 0.03, 0.005, 0.5});
  const std::vector<double> expected = {0.025, 0.05, 0.05, 0.025, 0.5};
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(adjusted[i], expected[i], 1e-15) << i;
  EXPECT_TRUE(benjamini_hochberg({}).empty());
}

TEST(Statistics, RanksOfTheMedianInterval) {
  using Ranks = std::pair<std::size_t, std::size_t>;
  EXPECT_EQ(median_interval_ranks(6), Ranks(0, 5));
  EXPECT_EQ(median_interval_ranks(10), Ranks(1, 8));
  EXPECT_EQ(median_interval_ranks(12), Ranks(2, 9));
  EXPECT_EQ(median_interval_ranks(20), Ranks(5, 14));
  EXPECT_EQ(median_interval_ranks(30), Ranks(9, 20));
  EXPECT_EQ(median_interval_ranks(100), Ranks(39, 60));
  EXPECT_EQ(median_interval_ranks(1000), Ranks(468, 531));
  EXPECT_TRUE(std::isinf(relative_half_width({1, 2, 3, 4, 5})));
}

TEST(Statistics, MedianIntervalCoversTheMedian) {
  std::mt19937_64 random(1);
  std::exponential_distribution<double> draw(1);  // skewed, as times are
  int covered = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<double> values(25);
    for (double& value : values) value = draw(random);
    std::sort(values.begin(), values.end());
    const auto [low, high] = median_interval_ranks(values.size());
    covered += values[low] <= std::log(2.0) && std::log(2.0) <= values[high];
  }
  EXPECT_GE(covered, 1900);  // 95%
  EXPECT_LE(covered, 1970);
}

TEST(Statistics, RatioIntervalIsThatOfTheTest) {
  const auto [low, high] = ratio_interval(kA, kB);
  EXPECT_NEAR(low, 1.0151515151515151, 1e-12);
  EXPECT_NEAR(high, 1.08, 1e-12);
  EXPECT_EQ(ratio_interval({1, 2, 3}, {4, 5, 6}), std::make_pair(0.0, 0.0));  // 3 + 3 prove nothing
}

TEST(Statistics, GeometricMean) {
  EXPECT_NEAR(geometric_mean({0.5, 1, 1.25, 2}), 1.057371263440564, 1e-15);
}

}  // namespace
}  // namespace flm::bench
