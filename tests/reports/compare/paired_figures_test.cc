// What stands beside a difference: its test, and what that test would have seen.
#include "reports/compare/paired_figures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

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

// One of two right answers gained in each of two tasks: of 0 and 1 the error is sqrt(1/2 / 2), so
// that t = sqrt 2 with 1 + 1 degrees of freedom, whose two-sided p is 1 - t / sqrt(2 + t^2).
TEST(PairedFigures, AMeanOverTasksOfTwoAnswersIsNotNormal) {
  MetricComparison one = with_error(0.5, std::sqrt(0.125), 1), other = one, mean;
  one.df.reset();
  other.df.reset();
  fill_macro_figures(mean, {&one, &other});
  EXPECT_NEAR(*mean.p, 1 - 1 / std::sqrt(2.0), 1e-12) << "with errors from n: 0.18";
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

// Of six 2 of 64: they reject, but only where no sign differs.
TEST(PairedFigures, ATestThatOnlyEqualSignsRejectSeesNothing) {
  const MetricComparison six = compared({0.25, -0.5, 0.75, 1, -0.125, 0.5});
  EXPECT_EQ(six.least_p, 0.03125);
  EXPECT_EQ(detectable_difference(six, 1), std::nullopt) << "0.03125 is above 0.05 / 2";
}

MetricComparison compared_items(const std::string& aggregation, ItemValues a, ItemValues b,
                                std::vector<std::string> clusters = {},
                                std::vector<Digest> items = {}) {
  PairedValues values{aggregation, true, std::move(a), std::move(b), std::move(clusters)};
  values.clusters.resize(values.a.size());
  values.items = std::move(items);
  MetricComparison out;
  fill_figures(out, values);
  return out;
}

// Of two items p is 2 of 4 patterns at best.
TEST(PairedFigures, TwoItemsOfAFigureOfAllItemsDecideNothing) {
  const MetricComparison two = compared_items("nanmean", {{0.9}, {0.8}}, {{0.1}, {0.2}});
  EXPECT_EQ(two.p, 0.5);
  EXPECT_EQ(two.df, 1);
  EXPECT_EQ(detectable_difference(two, 1), std::nullopt);
}

TEST(PairedFigures, OfAllItemsDependOnNoOrderOfLines) {
  ItemValues a, b;
  std::vector<Digest> items;
  for (std::uint64_t i = 0; i < 30; ++i) {
    a.push_back({std::sqrt(double(i * 7 % 30))});
    b.push_back({std::sqrt(double(i * 11 % 30)) + 0.3});
    items.push_back({i * 977 % 31, i});
  }
  const MetricComparison one = compared_items("median", a, b, {}, items);
  const MetricComparison swapped = compared_items("median", b, a, {}, items);
  for (auto* values : {&a, &b}) std::rotate(values->begin(), values->begin() + 11, values->end());
  std::rotate(items.begin(), items.begin() + 11, items.end());
  const MetricComparison other = compared_items("median", a, b, {}, items);
  EXPECT_EQ(one.p, other.p);
  EXPECT_EQ(one.stderr_value, other.stderr_value);
  EXPECT_EQ(one.low_b, other.low_b);
  EXPECT_EQ(one.p, swapped.p);
  EXPECT_EQ(one.stderr_value, swapped.stderr_value);
  EXPECT_EQ(*one.low, -*swapped.high);
}

// sd / sqrt n of three differences, with n - 1: what a mean has without a bootstrap.
TEST(PairedFigures, ABootstrapOfFewItemsVariesAsTheyDo) {
  const ItemValues a = {{1}, {2}, {3}}, b = {{1.3}, {1.6}, {3.7}};
  const MetricComparison drawn = compared_items("nanmean", a, b);
  const double exact = std::sqrt((0.01 + 0.36 + 0.25) / 2 / 3);  // 0.3, -0.4 and 0.7 around 0.2
  EXPECT_NEAR(*drawn.stderr_value, exact, 0.06 * exact) << "with n it is 18% less";
  EXPECT_NEAR(*compared_items("mean", a, b).stderr_value, exact, 1e-12);
}

// 0.1 + 0.2 is 0.30000000000000004, as a program may have it whose formula is another.
TEST(PairedFigures, TheLastBitsOfAValueAreNoDifference) {
  ItemValues a(20, {0.3}), b(20, {0.1 + 0.2});
  EXPECT_EQ(compared_items("mean", a, b).p, 1) << "signs that are all equal: 2^-19";
  for (int i = 0; i < 20; ++i) b[static_cast<std::size_t>(i)][0] = i < 6 ? 0.31 : 0.1 + 0.2;
  EXPECT_EQ(compared_items("mean", a, b).p, 2.0 / 64) << "six that differ, all of one sign";
}

TEST(PairedFigures, ReplicatesOfOneDifferenceSayNothingOfItsError) {
  const MetricComparison moved =
      compared_items("nanmean", {{1}, {2}, {4}, {3}}, {{2}, {3}, {5}, {4}});
  EXPECT_EQ(moved.difference, 1);
  EXPECT_EQ(moved.stderr_value, std::nullopt);
  EXPECT_EQ(moved.low, std::nullopt);
  EXPECT_EQ(moved.interval, "");
  EXPECT_EQ(moved.p, 2.0 / 16) << "exchanges of four answers can tell";
}

// Two models that always answer "no" have F1 0 in every replicate. Of 60 such answers nothing shows
// that other items would not tell the models apart: Newcombe's interval of the same answers' acc
// has a width.
TEST(PairedFigures, EqualAnswersHaveNoIntervalWithoutWidth) {
  ItemValues gold_and_answer, right;
  for (int i = 0; i < 60; ++i) {
    gold_and_answer.push_back({double(i % 2), 0});
    right.push_back({double(i % 2 == 0)});
  }
  for (const char* aggregation : {"f1", "mcc"}) {
    const MetricComparison same = compared_items(aggregation, gold_and_answer, gold_and_answer);
    ASSERT_EQ(same.difference, 0) << aggregation << ": " << same.reason;
    EXPECT_EQ(same.p, 1) << aggregation;
    EXPECT_EQ(same.stderr_value, 0) << aggregation << ", as Wald's of equal answers";
    EXPECT_EQ(same.low, std::nullopt) << aggregation;
    EXPECT_EQ(same.high, std::nullopt) << aggregation;
    EXPECT_EQ(same.interval, "") << aggregation;
    EXPECT_EQ(detectable_difference(same, 1), std::nullopt) << aggregation;
  }
  EXPECT_GT(*compared_items("mean", right, right).high, 0.03);
}

// Of values that do not differ at all the error is 0; a test that would have seen 0 is none.
TEST(PairedFigures, AnErrorOfZeroSaysNothingOfWhatWouldBeSeen) {
  const ItemValues real = {{0.25}, {0.5}, {0.75}, {0.125}, {1.5}, {2}, {3}, {4}};
  const MetricComparison same = compared_items("mean", real, real);
  EXPECT_EQ(same.stderr_value, 0);
  EXPECT_EQ(detectable_difference(same, 1), std::nullopt);
}

TEST(PairedFigures, OneOfAHundredItemsMayBeWithoutAValue) {
  const auto scored = [](std::size_t n) {
    PairedValues values{"mean", true, ItemValues(n, {1.0}), ItemValues(n, {1.0}), {}, 1};
    values.clusters.resize(n);
    MetricComparison out;
    fill_figures(out, values);
    return out;
  };
  EXPECT_EQ(scored(99).difference, 0);
  EXPECT_EQ(scored(98).difference, std::nullopt);
  EXPECT_EQ(scored(98).reason,
            "1 of 99 items in common have no value in one of the runs (more than 1%)");
}

MetricComparison answers(const std::string& a, const std::string& b, bool up = true) {
  PairedValues values{"mean", up, {}, {}, {}, 0};
  for (std::size_t i = 0; i < a.size(); ++i) {
    values.a.push_back({a[i] == '1' ? 1.0 : 0.0});
    values.b.push_back({b[i] == '1' ? 1.0 : 0.0});
    values.clusters.emplace_back();
  }
  MetricComparison out;
  fill_figures(out, values);
  return out;
}

TEST(PairedFigures, OneAnswerHasNoErrorInAMeanOverTasks) {
  const MetricComparison ten = answers("1111100000", "1111100000"), one = answers("1", "0");
  MetricComparison mean;
  fill_macro_figures(mean, {&ten, &one});
  EXPECT_EQ(mean.difference, -0.5);
  EXPECT_EQ(mean.p, std::nullopt) << "one lost item in the world is p < .001 with an error of 0";
  EXPECT_EQ(mean.reason, "the difference of a task (one item) has no error");
}

// Both of two items lost, one of thirty: d^2 / 2 for the two, 1/30 (1 - 1/30) / 29 for the thirty.
TEST(PairedFigures, ATaskWhoseItemsAllMovedAlikeHasTheErrorOfItsSigns) {
  const MetricComparison two = answers("11", "00");
  const MetricComparison thirty = answers(std::string(30, '1'), std::string(29, '1') + "0");
  MetricComparison mean;
  fill_macro_figures(mean, {&two, &thirty});
  EXPECT_NEAR(*mean.stderr_value, std::sqrt(0.5 + 1.0 / 900) / 2, 1e-12);
  EXPECT_GT(*mean.p, 0.3) << "without it: p < .001";
}

// Two counted twice, as a group does that holds it in two of its parts: (0.5 + 2 * 1) / 3.
TEST(PairedFigures, AMeanOverTasksMayWeighThem) {
  const MetricComparison half = with_error(0.5, 0.1, 4), one = with_error(1, 0.2, 4);
  MetricComparison mean;
  fill_macro_figures(mean, {&half, &one}, {1, 2});
  EXPECT_NEAR(*mean.difference, 2.5 / 3, 1e-12);
  EXPECT_NEAR(*mean.stderr_value, std::sqrt(0.01 + 0.16) / 3, 1e-12);
}

// Where lower is better a one is a wrong answer.
TEST(PairedFigures, RightInAAloneFollowsTheDirection) {
  const MetricComparison up = answers("1110", "0001"), down = answers("1110", "0001", false);
  EXPECT_EQ(up.only_a, 3);
  EXPECT_EQ(up.only_b, 1);
  EXPECT_EQ(down.only_a, 1) << "the item that A has 0 and B 1";
  EXPECT_EQ(down.only_b, 3);
  EXPECT_EQ(up.p, down.p);
  EXPECT_EQ(up.low, down.low);
}

// Differences that are one number but for the last bits, as whole numbers' are.
TEST(PairedFigures, RoundingIsNoError) {
  const MetricComparison bits =
      compared_items("bits_per_byte", {{-100.1, 100}, {-100.2, 100}, {-100.3, 100}},
                     {{-100.2, 100}, {-100.3, 100}, {-100.4, 100}});
  EXPECT_EQ(bits.stderr_value, 0);
  EXPECT_EQ(bits.p, std::nullopt);
  EXPECT_EQ(bits.reason, "the items' differences do not vary: nothing can be tested");
  ItemValues a, b;
  std::vector<std::string> clusters;
  for (int i = 0; i < 6; ++i) {
    a.push_back({i % 3 == 0 ? 1.0 : 0.0});
    b.push_back({i % 3 < 2 ? 1.0 : 0.0});
    clusters.push_back(i < 3 ? "one" : "other");
  }
  const MetricComparison passages = compared_items("mean", a, b, clusters);
  EXPECT_EQ(passages.stderr_value, 0) << "each passage gained exactly a third";
  EXPECT_EQ(passages.p, std::nullopt);
  const MetricComparison real = compared_items("mean", {{100.1}, {0.3}}, {{100.2}, {0.4}});
  EXPECT_EQ(real.stderr_value, 0);
}

// All n flip and none, or one, may be lost: win^n, or that and n win^(n - 1) (1 - win), is 0.8.
TEST(PairedFigures, FewFlipsAreSeenOnlyWhereTheirTestCanSee) {
  const auto seen = [](std::int64_t n) {
    MetricComparison binary;
    binary.n = n;
    binary.only_a = 0;
    binary.only_b = n;
    binary.p = 0.5;
    binary.stderr_value = 0.1;
    return detectable_difference(binary, 1);
  };
  EXPECT_EQ(seen(4), std::nullopt) << "mid-p is 1/16 at best";
  EXPECT_NEAR(*seen(5), 2 * std::pow(0.8, 0.2) - 1, 1e-12);
  const double win = (1 + *seen(8)) / 2;
  EXPECT_NEAR(std::pow(win, 8) + 8 * std::pow(win, 7) * (1 - win), 0.8, 1e-12);
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

// Five of ten passages lose two of four answers, the others gain two: sqrt(10 / 9 * 40) / 40, and
// the effect e with nct.sf(t.ppf(.975, 9), 9, e) = 0.8, by scipy.
TEST(PairedFigures, AnswersInClustersHaveTheErrorOfTheClusters) {
  ItemValues a, b;
  std::vector<std::string> clusters;
  for (int i = 0; i < 40; ++i) {
    a.push_back({i % 4 < 2 && i < 20 ? 1.0 : 0.0});
    b.push_back({i % 4 < 2 && i >= 20 ? 1.0 : 0.0});
    clusters.push_back("passage " + std::to_string(i / 4));
  }
  const MetricComparison passages = compared_items("mean", a, b, clusters);
  EXPECT_NEAR(*passages.stderr_value, 1.0 / 6, 1e-12);
  EXPECT_EQ(passages.df, 9);
  EXPECT_EQ(passages.only_a, 10);
  EXPECT_EQ(passages.test, "t over 10 clusters");
  EXPECT_NEAR(*detectable_difference(passages, 1), 0.5249392797120367, 1e-6);
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
