// What stands beside a difference: its test, and what that test would have seen.
#include "reports/compare/paired_figures.h"

#include <gtest/gtest.h>

#include "tests/reports/compare/made_results.h"

namespace flm {
namespace {

MetricComparison with_error(double difference, double error, double df) {
  MetricComparison out;
  out.n = static_cast<std::int64_t>(df) + 1;
  out.a = 1;
  out.b = 1 + difference;
  out.difference = difference;
  out.stderr_value = error;
  out.df = df;
  return out;
}

// scipy.stats.t with the degrees of freedom (v1 + v2)^2 / (v1^2 / 2 + v2^2 / 4), v the variances.
TEST(PairedFigures, AMeanOverTasksOfFewItemsIsNotNormal) {
  const MetricComparison few = with_error(0.1, 0.1, 2), more = with_error(0.2, 0.05, 4);
  MetricComparison mean;
  fill_macro_figures(mean, {&few, &more});
  EXPECT_NEAR(*mean.stderr_value, 0.05590169943749474, 1e-12);
  EXPECT_NEAR(*mean.df, 3.0303030303030307, 1e-9);
  EXPECT_NEAR(*mean.p, 0.07403565967651153, 1e-9) << "the normal distribution says 0.007";
  EXPECT_NEAR(*mean.low, -0.02690193782257075, 1e-9);
  EXPECT_EQ(mean.test, "t, mean over tasks");
}

TEST(PairedFigures, AMeanOverTasksWhoseErrorsAreKnownIsNormal) {
  MetricComparison one = with_error(0.1, 0.03, 1), other = with_error(0.1, 0.04, 1), mean;
  one.df.reset();
  other.df.reset();
  fill_macro_figures(mean, {&one, &other});
  EXPECT_NEAR(*mean.p, 6.334248366623973e-05, 1e-12) << "scipy.stats.norm, z = 4";
  EXPECT_EQ(mean.test, "normal, mean over tasks");
}

MetricComparison compared(std::vector<double> differences) {
  PairedValues values{"mean", true, {}, {}, {}, 0};
  for (double d : differences) {
    values.a.push_back({1.5});
    values.b.push_back({1.5 + d});
    values.clusters.emplace_back();
  }
  MetricComparison out;
  fill_figures(out, values);
  return out;
}

// Of six signs all are equal in 2 of 64 patterns, of eight in 2 of 256.
TEST(PairedFigures, FewItemsCannotTellWhatTheyWouldHaveSeen) {
  const MetricComparison five = compared({0.25, -0.5, 0.75, 1, -0.125});
  EXPECT_EQ(five.least_p, 2.0 / 32);
  EXPECT_EQ(detectable_difference(five, 1), std::nullopt);
  const MetricComparison eight = compared({0.25, -0.5, 0.75, 1, -0.125, 0.5, 1.5, -1});
  ASSERT_TRUE(detectable_difference(eight, 1));
  EXPECT_NEAR(*detectable_difference(eight, 1) / *eight.stderr_value, 3.2697621494090434, 1e-6);
  EXPECT_EQ(detectable_difference(eight, 10), std::nullopt) << "0.0078 is above 0.005 / 2";
}

// z sqrt(psi / (n + z^2)) with z of 0.05 / 10, two-sided: scipy.stats.norm.
TEST(PairedFigures, WhatIsSeenMustPassTheCorrectionForAllTests) {
  MetricComparison binary;
  binary.n = 1000;
  binary.only_a = 40;
  binary.only_b = 60;
  binary.p = 0.05;
  binary.stderr_value = 0.01;
  EXPECT_NEAR(*detectable_difference(binary, 1), 0.027906548667309534, 1e-12);
  EXPECT_NEAR(*detectable_difference(binary, 10), 0.03624608139217999, 1e-12);
}

// statsmodels: 12 of 40 by Wilson, as 13 of 40 are; rounding says 39.999 effective items.
TEST(PairedFigures, OneAnswerOf40IsTakenAsAnyOther) {
  ItemValues items;
  for (int i = 0; i < 40; ++i) items.push_back({i < 12 ? 1.0 : 0.0});
  const auto interval = aggregate_interval("mean", items, std::vector<std::string>(40), 0.0);
  EXPECT_EQ(interval->name, "Wilson") << "as 13 of 40 are";
  EXPECT_NEAR(interval->low, 0.1807484522974653, 1e-12) << "statsmodels, wilson";
}

}  // namespace
}  // namespace flm
