// Aggregations, bootstraps and intervals against recorded and published values.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "base/documents/json.h"
#include "reports/statistics/aggregates/aggregate.h"
#include "reports/statistics/aggregates/bootstrap.h"
#include "reports/statistics/distributions.h"
#include "reports/statistics/interval.h"
#include "tests/reports/goldens.h"

namespace flm {
namespace {

ItemValues items_of(const Json& values) {
  ItemValues out;
  for (const Json& value : values) {
    out.emplace_back();
    if (value.is_number()) {
      out.back().push_back(value);
      continue;
    }
    for (const Json& part : value) {
      if (part.is_number()) out.back().push_back(part);
      if (part.is_array())
        for (const Json& number : part) out.back().push_back(number);
    }
  }
  return out;
}

TEST(Bootstrap, ReplicatesAreThoseOfLmEval) {
  if (!have_goldens()) GTEST_SKIP() << "skipped: ../shared is not here";
  const Json cases = read_json_file(golden_path("units/bootstrap.json"));
  ASSERT_FALSE(cases.empty());
  for (const Json& one : cases) {
    std::string name = one.at("function");
    if (name == "f1_score") name = "f1";
    if (name == "matthews_corrcoef") name = "mcc";
    const ItemValues items = items_of(one.at("items"));
    SCOPED_TRACE(name + " " + one.at("iters").dump());
    EXPECT_NEAR(aggregate(name, items).value(), one.at("value").get<double>(), 1e-12);
    const double expected = one.at("stderr");
    EXPECT_NEAR(aggregate_stderr(name, items, one.at("iters").get<int>()).value(), expected,
                1e-12 * expected);
  }
}

TEST(Aggregate, ValuesAreThoseOfLmEval) {
  if (!have_goldens()) GTEST_SKIP() << "skipped: ../shared is not here";
  const Json golden = read_json_file(golden_path("units/aggregates.json"));
  const ItemValues items = items_of(golden.at("items"));
  EXPECT_EQ(aggregate("mean", items), golden.at("mean").get<double>());
  EXPECT_EQ(aggregate_stderr("mean", items, 0), golden.at("mean_stderr").get<double>());
  EXPECT_EQ(aggregate("median", items), golden.at("median").get<double>());
  EXPECT_EQ(aggregate("median", items_of(golden.at("median_even")[0])),
            golden.at("median_even")[1].get<double>());
  const Json& weighted = golden.at("weighted");
  const ItemValues pairs = items_of(weighted.at("items"));
  EXPECT_DOUBLE_EQ(*aggregate("weighted_perplexity", pairs),
                   weighted.at("weighted_perplexity").get<double>());
  EXPECT_DOUBLE_EQ(*aggregate("bits_per_byte", pairs), weighted.at("bits_per_byte").get<double>());
  EXPECT_DOUBLE_EQ(*aggregate("brier_score", items_of(golden.at("brier").at("items"))),
                   golden.at("brier").at("value").get<double>());
}

/// f1_score(gold, predicted, average="weighted") of scikit-learn 1.8; a standard error there is
/// not.
TEST(Aggregate, WeightedF1IsThatOfScikitLearn) {
  const ItemValues few = {{0, 2}, {0, 0}, {1, 1}, {1, 1}, {0, 2}};
  EXPECT_DOUBLE_EQ(*aggregate("weighted_f1", few), 0.7);
  EXPECT_EQ(aggregate_stderr("weighted_f1", few, 1000), std::nullopt);
  EXPECT_DOUBLE_EQ(*aggregate("weighted_f1", {{1, 4},
                                              {1, 0},
                                              {3, 2},
                                              {3, 0},
                                              {3, 2},
                                              {1, 3},
                                              {1, 4},
                                              {1, 3},
                                              {3, 3},
                                              {0, 3},
                                              {0, 4},
                                              {1, 3}}),
                   0.07407407407407407);
  EXPECT_DOUBLE_EQ(
      *aggregate("weighted_f1",
                 {{0, 2}, {1, 1}, {0, 2}, {0, 2}, {0, 1}, {1, 2}, {0, 0}, {1, 1}, {2, -100}}),
      0.4074074074074074);
}

TEST(Aggregate, WhatHasNoValueIsMissingAndNotZero) {
  EXPECT_EQ(aggregate("mean", {}), std::nullopt);
  EXPECT_EQ(aggregate("no_such", {{1}}), std::nullopt);
  EXPECT_EQ(aggregate("bits_per_byte", {{1}}), std::nullopt) << "wants two numbers an item";
  EXPECT_EQ(aggregate("mean", {{NAN}, {1}}), std::nullopt);
  EXPECT_EQ(aggregate("f1", {{2, 1}, {1, 0}}), std::nullopt) << "two classes only";
  EXPECT_EQ(aggregate("f1", {{3, 4}}), std::nullopt) << "none of them is 1";
  EXPECT_EQ(aggregate("brier_score", {{5, 0.5, 0.5}}), std::nullopt) << "gold out of range";
  EXPECT_EQ(aggregate_stderr("mean", {{1}}, 0), std::nullopt) << "one item";
  EXPECT_EQ(aggregate_stderr("brier_score", {{0, 0.5, 0.5}, {1, 0.5, 0.5}}, 100), std::nullopt);
}

/// Figures of scikit-learn 1.9's f1_score.
TEST(F1, IsOfClassOneAmongAnyTwoLabels) {
  EXPECT_DOUBLE_EQ(*aggregate("f1", {{1, 1}, {2, 1}, {1, 2}}), 0.5);
  EXPECT_EQ(*aggregate("f1", {{2, 2}, {1, 2}}), 0.0);
  EXPECT_EQ(*aggregate("f1", {{2, 1}, {2, 1}}), 0.0);
  EXPECT_EQ(*aggregate("f1", {{3, 3}, {3, 3}}), 0.0);
  EXPECT_EQ(*aggregate("f1", {{1, 1}}), 1.0);
}

TEST(Bpb, IsTheSumOfLossesByTheSumOfBytes) {
  const ItemValues items = {{70, 100, 30}, {30, 20, 10}};
  EXPECT_DOUBLE_EQ(*aggregate("bpb", items), 100 / (std::log(2.0) * 120));
  // R = 100/120, e = 70 - 100 R, 30 - 20 R = -+13.333; SE = sqrt(2 * 2 * 13.333^2) / 120 / ln 2.
  EXPECT_NEAR(*aggregate_stderr("bpb", items, 0), 2 * (40.0 / 3) / 120 / std::log(2.0), 1e-12);
  EXPECT_EQ(aggregate_interval("bpb", {{70, 100, 30}}, {""}, std::nullopt), std::nullopt);
}

TEST(Intervals, AgreeWithTheirDefinitionsAndPublishedTables) {
  // Wilson's bounds are the p at which the observed 15 of 50 lies z standard errors away.
  for (const double p : {wilson(15, 50).low, wilson(15, 50).high})
    EXPECT_NEAR(std::fabs(15 / 50.0 - p), kNormal95 * std::sqrt(p * (1 - p) / 50), 1e-14);
  EXPECT_LT(wilson(15, 50).low, 0.3);
  EXPECT_GT(wilson(15, 50).high, 0.3);
  // R: binom.test(3, 10) and qt(0.975, df).
  EXPECT_NEAR(clopper_pearson(3, 10).low, 0.06673951, 1e-7);
  EXPECT_NEAR(clopper_pearson(3, 10).high, 0.65245285, 1e-7);
  EXPECT_EQ(clopper_pearson(0, 10).low, 0);
  EXPECT_NEAR(clopper_pearson(0, 10).high, 1 - std::pow(0.025, 0.1), 1e-12);
  EXPECT_NEAR(student_t95(1), 12.706204736, 1e-6);
  EXPECT_NEAR(student_t95(10), 2.228138852, 1e-8);
  EXPECT_NEAR(student_t95(1e7), kNormal95, 1e-6);
  EXPECT_NEAR(regularized_beta(2, 3, 0.5), 0.6875, 1e-14);
}

TEST(Ratios, StrataRemoveWhatLiesBetweenThem) {
  // Each stratum has one rate: within strata nothing varies, over the pool much does.
  const std::vector<double> over = {1, 2, 6, 9}, under = {1, 2, 2, 3};
  EXPECT_DOUBLE_EQ(ratio_estimate(over, under).value, 18.0 / 8);
  EXPECT_GT(ratio_estimate(over, under).stderr_value, 0.2);
  // e = over - 2.25 under = -1.25, -2.5 | 1.5, 2.25; deviations +-0.625 and +-0.375, n/(n-1) = 2.
  const Ratio strata = stratified_ratio(over, under, {2, 2});
  EXPECT_DOUBLE_EQ(strata.value, 18.0 / 8);
  EXPECT_DOUBLE_EQ(strata.stderr_value,
                   std::sqrt(2 * 2 * 0.625 * 0.625 + 2 * 2 * 0.375 * 0.375) / 8);
  EXPECT_DOUBLE_EQ(stratified_ratio(over, under, {4}).stderr_value,
                   ratio_estimate(over, under).stderr_value);
}

TEST(Intervals, AreChosenByTheValues) {
  const auto name_of = [](int right, int n) {
    ItemValues items(static_cast<std::size_t>(n), {0.0});
    for (int i = 0; i < right; ++i) items[static_cast<std::size_t>(i)] = {1.0};
    return aggregate_interval("mean", items, std::vector<std::string>(items.size()), 0.1)->name;
  };
  EXPECT_EQ(name_of(20, 40), "Wilson");
  EXPECT_EQ(name_of(20, 39), "Clopper-Pearson");
  EXPECT_EQ(name_of(100, 100), "Clopper-Pearson");
  EXPECT_EQ(aggregate_interval("mean", {{-1}, {1}}, {"", ""}, 1)->name, "normal, t with 1 df");
}

TEST(Clusters, ErrorIsMillers) {
  // Two clusters of two, deviations sum to +1 and -1: (1/4) sqrt(2/1 * 2).
  const auto error = clustered_error({1, 1, 0, 0}, {"a", "a", "b", "b"});
  ASSERT_TRUE(error.has_value());
  EXPECT_DOUBLE_EQ(error->stderr_value, 0.5);
  EXPECT_EQ(error->clusters, 2);
  EXPECT_EQ(clustered_error({1, 0}, {"a", "b"}), std::nullopt) << "every item its own";
  EXPECT_EQ(clustered_error({1, 0}, {"a", ""}), std::nullopt);
  EXPECT_EQ(clustered_error({1, 0}, {"a", "a"}), std::nullopt);
}

TEST(Intervals, CoverTheTruth) {
  // Wilson at p = 0.3, n = 100: 95% of simulated intervals, within binomial error of the count.
  std::mt19937 random(7);
  std::binomial_distribution<int> draw(100, 0.3);
  int covered = 0;
  const int trials = 20'000;
  for (int t = 0; t < trials; ++t) {
    const Interval interval = wilson(draw(random), 100);
    covered += interval.low <= 0.3 && 0.3 <= interval.high;
  }
  // The exact coverage for these numbers is 0.9508 (summed binomial probabilities).
  double exact = 0, probability = std::pow(0.7, 100);
  for (int k = 0; k <= 100; ++k) {
    const Interval interval = wilson(k, 100);
    if (interval.low <= 0.3 && 0.3 <= interval.high) exact += probability;
    probability *= (100.0 - k) / (k + 1.0) * 0.3 / 0.7;
  }
  EXPECT_NEAR(exact, 0.95, 0.02);
  EXPECT_NEAR(covered / double(trials), exact, 4 * std::sqrt(exact * (1 - exact) / trials));
}

}  // namespace
}  // namespace flm
