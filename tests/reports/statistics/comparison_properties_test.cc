// What holds of comparisons whatever the numbers: swapping, permuting, comparing a run with itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "reports/statistics/aggregates/estimate_interval.h"
#include "reports/statistics/differences/multiplicity.h"
#include "reports/statistics/differences/non_inferiority.h"
#include "reports/statistics/differences/paired_binary.h"
#include "reports/statistics/differences/paired_ratio.h"
#include "reports/statistics/differences/paired_real.h"
#include "reports/statistics/differences/power.h"
#include "reports/statistics/differences/sign_flip.h"
#include "reports/statistics/differences/suite_difference.h"
#include "tests/reports/statistics/exact_mcnemar.h"

namespace flm {
namespace {

using Values = std::vector<double>;

Values draw(std::size_t n, double mean, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(mean, 1);
  Values out(n);
  for (double& v : out) v = normal(random);
  return out;
}

std::vector<std::string> by_turns(std::size_t n, std::size_t clusters) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back("c" + std::to_string(i % clusters));
  return out;
}

template <class T>
std::vector<T> permuted(const std::vector<T>& items, std::uint32_t seed) {
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937(seed));
  std::vector<T> out;
  for (std::size_t i : order) out.push_back(items[i]);
  return out;
}

void expect_same_bits(const PairedMean& x, const PairedMean& y) {
  EXPECT_EQ(x.difference, y.difference);
  EXPECT_EQ(x.stderr_value, y.stderr_value);
  EXPECT_EQ(x.low, y.low);
  EXPECT_EQ(x.high, y.high);
  EXPECT_EQ(x.p, y.p);
  EXPECT_EQ(x.clusters, y.clusters);
}

TEST(PairedBinary, SwappingTheRunsNegatesAndKeepsP) {
  for (const PairedCounts counts :
       {PairedCounts{59, 6, 16, 80}, {0, 5, 0, 0}, {3, 0, 7, 1}, {900, 40, 41, 319}}) {
    const PairedCounts swapped{counts.both, counts.only_b, counts.only_a, counts.neither};
    EXPECT_EQ(mcnemar_mid_p(counts), mcnemar_mid_p(swapped));
    EXPECT_EQ(paired_binary_stderr(counts), paired_binary_stderr(swapped));
    const Interval one = newcombe_paired(counts), other = newcombe_paired(swapped);
    EXPECT_NEAR(one.low, -other.high, 1e-12);
    EXPECT_NEAR(one.high, -other.low, 1e-12);
  }
}

TEST(PairedBinary, ARunAgainstItself) {
  const PairedCounts same{700, 0, 0, 300};
  EXPECT_EQ(same.difference(), 0);
  EXPECT_EQ(mcnemar_mid_p(same), 1);
  const Interval interval = newcombe_paired(same);
  EXPECT_LT(interval.low, 0);
  EXPECT_GT(interval.high, 0);
}

TEST(PairedReal, ARunAgainstItselfAndOneItem) {
  const PairedMean same = paired_mean({0, 0, 0});
  EXPECT_EQ(same.difference, 0);
  EXPECT_EQ(same.p, 1);
  EXPECT_EQ(sign_flip_p({0, 0, 0}), 1);
  const PairedMean one = paired_mean({0.5});
  EXPECT_EQ(one.difference, 0.5);
  EXPECT_TRUE(std::isnan(one.stderr_value) && std::isnan(one.p) && std::isnan(one.low));
  EXPECT_TRUE(std::isnan(paired_mean({0.5, 0.5}).p)) << "t cannot tell; sign flips can";
  EXPECT_EQ(sign_flip_p({0.5, 0.5}), 0.5);
}

TEST(PairedReal, PermutingItemsChangesNoBit) {
  const Values d = draw(500, 0.1, 1);
  const std::vector<std::string> clusters = by_turns(500, 37);
  for (const std::uint32_t seed : {2u, 3u}) {
    expect_same_bits(paired_mean(permuted(d, seed)), paired_mean(d));
    expect_same_bits(paired_mean(permuted(d, seed), permuted(clusters, seed)),
                     paired_mean(d, clusters));
    EXPECT_EQ(sign_flip_p(permuted(d, seed)), sign_flip_p(d));
    EXPECT_EQ(sign_flip_p(permuted(d, seed), permuted(clusters, seed)), sign_flip_p(d, clusters));
  }
}

TEST(PairedReal, SwappingTheRunsNegatesAndKeepsP) {
  const Values d = draw(60, 0.2, 4);
  Values swapped = d;
  for (double& v : swapped) v = -v;
  const PairedMean one = paired_mean(d), other = paired_mean(swapped);
  EXPECT_NEAR(one.low, -other.high, 1e-15);
  EXPECT_NEAR(one.p, other.p, 1e-15);
  EXPECT_EQ(sign_flip_p(swapped), sign_flip_p(d));
}

TEST(PairedReal, SingletonsArePlain) {
  const Values d = draw(50, 0.1, 5);
  expect_same_bits(paired_mean(d, by_turns(50, 50)), paired_mean(d));
}

TEST(PairedRatio, PermutingItemsChangesNoBitAndUnitWeightsAreThePlainMean) {
  const Values a = draw(200, 3, 6), b = draw(200, 3.1, 7), ones(200, 1.0);
  const std::vector<std::string> clusters = by_turns(200, 20);
  Values d(200);
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = b[i] - a[i];
  const MeanError ratio = ratio_change({a, ones}, {b, ones}, clusters, 1, 1);
  const PairedMean mean = paired_mean(d, clusters);
  EXPECT_NEAR(ratio.mean, mean.difference, 1e-13);
  EXPECT_NEAR(ratio.stderr_value, mean.stderr_value, 1e-13);
  EXPECT_EQ(ratio.df, mean.df);
  const Values other_a = permuted(a, 8), other_b = permuted(b, 8);
  const MeanError other =
      ratio_change({other_a, ones}, {other_b, ones}, permuted(clusters, 8), 1, 1);
  EXPECT_EQ(other.mean, ratio.mean);
  EXPECT_EQ(other.stderr_value, ratio.stderr_value);
  EXPECT_EQ(other.clusters, ratio.clusters);
}

// exp of a ratio has the error of the ratio times its slope: against a jackknife, which knows
// nothing of slopes.
TEST(PairedRatio, PerplexitiesAgreeWithAJackknife) {
  const std::size_t n = 400;
  Values a(n), b(n), words(n);
  std::mt19937 random(9);
  for (std::size_t i = 0; i < n; ++i) {
    words[i] = 20 + static_cast<double>(random() % 200);
    a[i] = -words[i] * (2 + 0.3 * draw(1, 0, random())[0]);
    b[i] = a[i] - words[i] * 0.05 * draw(1, 0.5, random())[0];
  }
  const auto difference_without = [&](std::size_t left_out) {
    double over_a = 0, over_b = 0, under = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == left_out) continue;
      over_a += a[i];
      over_b += b[i];
      under += words[i];
    }
    return std::exp(-over_b / under) - std::exp(-over_a / under);
  };
  Values left_out(n);
  for (std::size_t i = 0; i < n; ++i) left_out[i] = difference_without(i);
  const double centre = std::accumulate(left_out.begin(), left_out.end(), 0.0) / double(n);
  double squares = 0;
  for (double v : left_out) squares += (v - centre) * (v - centre);
  const double jackknife = std::sqrt(squares * double(n - 1) / double(n));
  const MeanError got = exp_ratio_change({a, words}, {b, words}, {}, -1);
  EXPECT_NEAR(got.mean, difference_without(n), 1e-12);
  EXPECT_NEAR(got.stderr_value, jackknife, 0.03 * jackknife);  // of order 1 / n apart
}

TEST(SignFlip, OfZerosAndOnesIsExactMcNemar) {
  std::mt19937 random(10);
  for (const std::size_t n : {5u, 40u, 1319u, 14042u}) {
    Values d(n);
    PairedCounts counts;
    for (double& v : d) {
      const auto drawn = random() % 20;
      v = drawn == 0 ? -1 : drawn == 1 ? 1 : 0;
      counts.only_a += v < 0;
      counts.only_b += v > 0;
    }
    EXPECT_NEAR(sign_flip_p(d), mcnemar_exact_p(counts), 1e-12) << n;
  }
}

TEST(SignFlip, TiesOfRoundedSumsCountAsTies) {
  // 0.1 + 0.2 - 0.3 is not 0 in doubles; every pattern is as large as the observed 0.
  EXPECT_EQ(sign_flip_p({0.1, 0.2, -0.3}), 1);
  // Sums of equal values differ by rounding only: exact McNemar, enumerated and at random.
  Values d(18, 0.1);
  std::fill(d.begin(), d.begin() + 5, -0.1);
  EXPECT_NEAR(sign_flip_p(d), mcnemar_exact_p({0, 5, 13, 0}), 1e-12);
  d.resize(400, 0.1);
  std::fill(d.begin(), d.begin() + 180, -0.1);
  const double p = mcnemar_exact_p({0, 180, 220, 0});
  EXPECT_NEAR(sign_flip_p(d), p, 5 * std::sqrt(p * (1 - p) / 100'000));
}

// Phipson and Smyth (2010): the observed pattern is one of them, so that no p is 0. Of 60 equal
// signs none of the 100,000 others is as large.
TEST(SignFlip, AtRandomIsNeverLessThanOneOfItsPatterns) {
  Values d;
  for (int i = 1; i <= 60; ++i) d.push_back(std::sqrt(2.0 + i));
  EXPECT_DOUBLE_EQ(sign_flip_p(d), 1 / 100'001.0);
  EXPECT_DOUBLE_EQ(sign_flip_p(d, {}, 7, 999), 1 / 1000.0);
}

TEST(Families, HolmIsAboveBenjaminiHochbergIsAboveRaw) {
  std::mt19937 random(11);
  PValues p;
  for (int i = 0; i < 57; ++i) p.push_back(std::ldexp(double(random()), -32));
  p[3] = std::nullopt;
  p[7] = p[8];
  const PValues holms = holm(p), hochbergs = benjamini_hochberg(p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    ASSERT_EQ(p[i].has_value(), holms[i].has_value());
    if (!p[i]) continue;
    EXPECT_GE(*holms[i], *hochbergs[i]);
    EXPECT_GE(*hochbergs[i], *p[i]);
    EXPECT_LE(*holms[i], 1);
  }
  EXPECT_EQ(holm({}).size(), 0u);
  EXPECT_EQ(holm({std::nullopt})[0], std::nullopt);
}

TEST(Suites, PermutingTasksChangesNoBit) {
  std::vector<TaskDifferences> tasks;
  for (const std::uint32_t t : {0u, 1u, 2u, 3u}) tasks.push_back({draw(30 + 7 * t, 0.1, 20 + t)});
  tasks[1].clusters = by_turns(37, 9);
  const SuiteMean one = macro_difference(tasks, 1),
                  other = macro_difference(permuted(tasks, 12), 1);
  EXPECT_EQ(one.difference, other.difference);
  EXPECT_EQ(one.stderr_value, other.stderr_value);
  EXPECT_EQ(one.p, other.p);
}

TEST(Power, WhatIsDetectableNeedsThatManyItems) {
  // E of P(Z > critical s - effect) = 0.8 over s^2 ~ chi-square / df, by scipy.integrate.quad.
  EXPECT_NEAR(detectable_real(1, 1), 16.334008869920982, 1e-6);
  EXPECT_NEAR(detectable_real(1, 2), 5.653489266438178, 1e-6);
  EXPECT_NEAR(detectable_real(1, 3.0303030303030307), 4.23387143820257, 1e-6);
  EXPECT_NEAR(detectable_real(1, 2, {0.01}), 12.678425375735708, 1e-6);
  EXPECT_NEAR(detectable_real(1, 15, {0.01}), 3.8508193031839997, 1e-6);
  EXPECT_NEAR(detectable_real(2, kUnbounded), 2 * (1.959963984540054 + 0.8416212335729143), 1e-9);
  EXPECT_EQ(detectable_binary(20, 0.1), std::nullopt) << "20 items cannot differ so much";
  EXPECT_EQ(detectable_binary(1000, 0), std::nullopt) << "nothing flips";
  EXPECT_EQ(items_needed_real(0.01, 0.3), 7064) << "2.8016^2 * 900";
  // The paired t test of every textbook: 10 pairs for an effect of 1, 34 for one of a half.
  EXPECT_EQ(items_needed_t(1, 1, 1), 10);
  EXPECT_EQ(items_needed_t(0.5, 1, 1), 34);
  EXPECT_EQ(items_needed_t(0.01, 0.3, 1), 7066);
  // scipy: the first n with nct.sf(t.ppf(.975, df), df, difference sqrt(n)) >= 0.8; of clusters of
  // four df is n / 4 - 1.
  EXPECT_EQ(items_needed_t(2, 1, 1), 5);
  EXPECT_EQ(items_needed_t(0.7, 1, 1), 19);
  EXPECT_EQ(items_needed_t(2, 1, 0.25), 11);
  EXPECT_EQ(items_needed_t(0.5, 1, 0.25), 40);
  // 50 flips are no longer few: z sqrt(psi / (n + z^2)).
  EXPECT_NEAR(*detectable_flips(1000, 50), 0.019732909802166982, 1e-12);
  // (2.8016 sd / difference)^2: 7.8e14 and 7.8e16.
  EXPECT_NEAR(double(items_needed_real(1e-7, 1).value_or(0)), 784'887'973'434'909.0, 1e6);
  EXPECT_TRUE(items_needed_t(1e-7, 1, 1)) << "ends";
  for (const double difference : {1e-8, 1e-10, 1e-12, 1e-300}) {
    EXPECT_EQ(items_needed_real(difference, 1), std::nullopt) << "no set has so many";
    EXPECT_EQ(items_needed_t(difference, 1, 1), std::nullopt);
  }
}

}  // namespace
}  // namespace flm
