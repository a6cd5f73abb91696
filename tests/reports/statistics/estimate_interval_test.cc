// Intervals within what is possible. Figures are scipy 1.x's: beta.ppf and t.ppf put into the
// formulas of estimate_interval.h, as the comments say.
#include "reports/statistics/aggregates/estimate_interval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "reports/statistics/aggregates/aggregate.h"

namespace flm {
namespace {

using ::testing::HasSubstr;

std::vector<double> right_of(int right, int items) {
  std::vector<double> values(static_cast<std::size_t>(items), 0.0);
  std::fill(values.begin(), values.begin() + right, 1.0);
  return values;
}

EstimatePart part_of(const std::vector<double>& values, double weight = 1) {
  EstimatePart part = mean_part(values, std::vector<std::string>(values.size()));
  part.weight = weight;
  return part;
}

void expect_interval(const std::optional<NamedInterval>& got, double low, double high) {
  ASSERT_TRUE(got.has_value());
  EXPECT_NEAR(got->low, low, 1e-6) << got->name;
  EXPECT_NEAR(got->high, high, 1e-6) << got->name;
}

TEST(EstimateInterval, OfTasksBySizeIsThatOfTheirItemsTogether) {
  // 640 of 1280: Wilson. One thousand coin flips and two small sets, all at one half.
  const auto three = estimate_interval({part_of(right_of(600, 1200), 1200 / 1280.0),
                                        part_of(right_of(20, 40), 40 / 1280.0),
                                        part_of(right_of(20, 40), 40 / 1280.0)});
  expect_interval(three, 0.472649681, 0.527350319);
  EXPECT_EQ(three->name, "Wilson");
  // All right and all wrong: 3 of 14, Clopper-Pearson.
  const auto pair =
      estimate_interval({part_of(right_of(3, 3), 3 / 14.0), part_of(right_of(0, 11), 11 / 14.0)});
  expect_interval(pair, 0.046579288, 0.507975677);
}

TEST(EstimateInterval, AtTheEndsEveryItemCounts) {
  // 1 - 0.025^(1/n)
  const double high = 1 - std::pow(0.025, 1 / 60.0);
  expect_interval(
      estimate_interval({part_of(right_of(0, 20), 1 / 3.0), part_of(right_of(0, 40), 2 / 3.0)}), 0,
      high);
  expect_interval(estimate_interval({part_of(right_of(60, 60))}), 1 - high, 1);
  // Three clusters that are all right are three draws.
  const auto clusters = estimate_interval(
      {mean_part(right_of(12, 12), {"a", "a", "a", "a", "b", "b", "b", "b", "c", "c", "c", "c"})});
  expect_interval(clusters, std::pow(0.025, 1 / 3.0), 1);
}

TEST(EstimateInterval, OfUnweightedTasksHasTheSmallOnesVariance) {
  // V = 1/4 (.25/40 + .1875/4) < p (1 - p) / 4 (1/40 + 1/4), n = p (1 - p) / V = 14.5454.
  const auto got =
      estimate_interval({part_of(right_of(20, 40), 0.5), part_of(right_of(3, 4), 0.5)});
  expect_interval(got, 0.340823814, 0.856980861);
  EXPECT_EQ(got->name, "Clopper-Pearson of 14.5 effective items");
}

TEST(EstimateInterval, OfFewClustersIsWideAndPossible) {
  // Clusters of 4, 4 and 2 of 4: V = 1/36, t(2), n = 1.0375.
  const auto got =
      estimate_interval({mean_part({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0},
                                   {"a", "a", "a", "a", "b", "b", "b", "b", "c", "c", "c", "c"})});
  expect_interval(got, 0.011882586, 1.0);
  EXPECT_EQ(got->name, "clustered, Clopper-Pearson of 1 effective items, t with 2 df");
}

TEST(EstimateInterval, OfSharesBetweenZeroAndOne) {
  // t(2), n = 1.19713.
  expect_interval(estimate_interval({part_of({0.2, 0.4, 0.9})}), 0.001232667, 0.998767333);
  EXPECT_EQ(estimate_interval({part_of({0.5})}), std::nullopt) << "of one nothing is known";
}

// Figure - sqrt(sum W^2 (v - l)^2) to figure + sqrt(sum W^2 (u - v)^2) over v [l, u] of weight W:
// Clopper and Pearson's 0.8 [0.283582064, 0.994949237] of 4 of 5, and 0.5 [0.001232667,
// 0.998767333] of the shares above.
TEST(EstimateInterval, OfAnswersBesideSharesKeepsTheRoomOfTheFewAnswers) {
  const auto got = estimate_interval({part_of(right_of(4, 5), 0.5), part_of({0.2, 0.4, 0.9}, 0.5)});
  expect_interval(got, 0.291023560, 0.917756446);
  EXPECT_EQ(got->name,
            "MOVER of Clopper-Pearson; Clopper-Pearson of 1.2 effective items, t with 2 df");
}

// 4 of 5 and 10 of 10 together: 0.9 of n = 1 / (1/4 (1/5 + 1/10)) * 0.27 / 0.32 = 11.25 effective
// items, [0.580740108, 0.996394217], W = 1/2. -10, 12 and 17: 19/3 -+ t(2) sqrt(206.33 / 3), and
// 0.5 four times [0.067585986, 0.932414014], W = 1/4 each.
TEST(EstimateInterval, OfThreeKindsOfPartsAddsTheirDistances) {
  const std::vector<EstimatePart> parts = {
      part_of({0.5, 0.5, 0.5, 0.5}, 0.25), part_of(right_of(4, 5), 0.25),
      part_of({-10, 12, 17}, 0.25), part_of(right_of(10, 10), 0.25)};
  expect_interval(estimate_interval(parts), -6.764479230, 11.079848074);
}

TEST(EstimateInterval, OfAnswersBesideAPartOfUnknownErrorIsNone) {
  EXPECT_EQ(estimate_interval({part_of(right_of(4, 5), 0.5), part_of({0.5}, 0.5)}), std::nullopt);
}

TEST(EstimateInterval, OfDrawnValuesOfOneSignMayReachZero) {
  // -3 -+ t(2) sqrt(7 / 3): three values below 0 do not say that none is above.
  expect_interval(estimate_interval({part_of({-1, -2, -6})}), -9.572410608, 3.572410608);
}

TEST(EstimateInterval, OfARatioOfSumsStaysAboveZero) {
  // R / ln 2 = 100/120 / ln 2, t(1).
  expect_interval(aggregate_interval("bpb", {{70, 100, 30}, {30, 20, 10}}, {"", ""}, std::nullopt),
                  0.040594207, 35.605945302);
}

TEST(EstimateInterval, OfPartsWithErrorsHasSatterthwaitesDegreesOfFreedom) {
  // Perplexities 10 +- 1 of 50 and 20 +- 3 of 20 items, weighted alike: 23.345 df.
  std::vector<EstimatePart> parts;
  for (const auto& [value, error, n] : {std::tuple{10.0, 1.0, 50}, {20.0, 3.0, 20}}) {
    const ItemValues items(static_cast<std::size_t>(n), {0.0});
    parts.push_back(aggregate_part("perplexity", value, items, {}, error));
    parts.back().weight = 0.5;
  }
  const auto got = estimate_interval(parts);
  expect_interval(got, 12.063359715, 18.651520415);
  EXPECT_EQ(got->name, "normal of the logarithm, t with 23.3 df");
}

TEST(EstimateInterval, OfABootstrappedFigureStaysInItsRange) {
  // F1: t(29), n = 22.959 of p = 1/2.
  const ItemValues items(30, {1.0, 1.0});
  expect_interval(estimate_interval({aggregate_part("f1", 0.5, items, {}, 0.1)}), 0.286678224,
                  0.713321776);
  // The same on the scale of BLEU, 0 to 100.
  expect_interval(estimate_interval({aggregate_part("bleu", 50, items, {}, 10.0)}), 28.6678224,
                  71.3321776);
  EXPECT_EQ(estimate_interval({aggregate_part("f1", 0.5, items, {}, std::nullopt)}), std::nullopt);
}

// t(29), with p and its variance on the scale of what the figure can be.
TEST(EstimateInterval, HoldsTheFigureWhereItsRangeIsNotThatOfAShare) {
  const ItemValues pairs(30, {1.0, 1.0}), shares(30, {1.0, 0.0, 1.0});
  expect_interval(estimate_interval({aggregate_part("pearson", -0.9, pairs, {}, 0.05)}),
                  -0.963122937, -0.742975126);
  expect_interval(estimate_interval({aggregate_part("brier_score", 1.5, shares, {}, 0.1)}),
                  1.272794316, 1.674379116);
}

// Six clusters of the same mean: as wide as their items vary, 0.09 / 11, with t(5).
TEST(EstimateInterval, ClustersThatDifferLessThanTheirItemsDoNotMakeItNarrow) {
  std::vector<double> values;
  std::vector<std::string> clusters;
  for (const char* cluster : {"a", "b", "c", "d", "e", "f"})
    for (const double value : {0.2, 0.8}) {
      values.push_back(value);
      clusters.push_back(cluster);
    }
  const EstimatePart part = mean_part(values, clusters);
  EXPECT_NEAR(part.variance, 0.09 / 11, 1e-15);
  expect_interval(estimate_interval({part}), 0.258680394, 0.741319606);
}

TEST(EstimateInterval, OfAMedianLiesBetweenItems) {
  const auto interval = [](int n) {
    ItemValues items;
    for (int i = 1; i <= n; ++i) items.push_back({static_cast<double>(i)});
    return aggregate_interval("median", items, std::vector<std::string>(items.size()),
                              std::nullopt);
  };
  // binom.cdf(k, n, 1/2) <= 0.025: none of 5, 1 of 6, 2 of 9, 6 of 20 may be cut off each end.
  EXPECT_EQ(interval(5), std::nullopt);
  expect_interval(interval(6), 1, 6);
  expect_interval(interval(9), 2, 8);
  expect_interval(interval(20), 6, 15);
}

}  // namespace
}  // namespace flm
