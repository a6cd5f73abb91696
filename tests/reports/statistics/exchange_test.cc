// The exchange test against the sign flips that it generalises, against its definition, and where
// nothing differs; and the figures of draws that it and bootstraps take.
#include "reports/statistics/differences/exchange.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

#include "reports/statistics/aggregates/aggregations.h"
#include "reports/statistics/differences/sign_flip.h"

namespace flm {
namespace {

ItemValues drawn_items(const std::string& name, std::size_t items, std::mt19937& random) {
  const Aggregation& row = *find_aggregation(name);
  std::uniform_int_distribution<int> binary(0, 1), label(0, 2);
  std::uniform_real_distribution<double> real;
  ItemValues out;
  for (std::size_t i = 0; i < items; ++i) {
    std::vector<double> item;
    for (std::size_t c = 0; c < row.numbers; ++c)
      item.push_back(name == "pearson" || row.numbers == 1 ? real(random)
                     : name == "f1"                        ? binary(random)
                                                           : label(random));
    if (name.starts_with("bbq")) item.back() = binary(random);
    if (name == "bleu") item[8] = item[9] = item[4] = 4;
    out.push_back(item);
  }
  return out;
}

ItemValues pooled_of(const ItemValues& a, const ItemValues& b) {
  ItemValues out = a;
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

double p_of(const std::string& name, const ItemValues& a, const ItemValues& b) {
  const ItemValues pooled = pooled_of(a, b);
  return exchange_test(pooled, find_aggregation(name)->replicate(pooled)).p;
}

constexpr const char* kNames[] = {"nanmean",
                                  "median",
                                  "f1",
                                  "mcc",
                                  "weighted_f1",
                                  "macro_f1",
                                  "micro_f1",
                                  "stance_f1",
                                  "three_class_f1",
                                  "listed_macro_f1",
                                  "entity_f1",
                                  "polarity_f1",
                                  "span_f1",
                                  "substitution_f1",
                                  "share",
                                  "stereotype_lean",
                                  "stereotype_accuracy_gap",
                                  "bbq_accuracy_ambiguous",
                                  "bbq_accuracy_disambiguated",
                                  "bbq_bias_ambiguous",
                                  "bbq_bias_disambiguated",
                                  "pearson",
                                  "brier_score",
                                  "bleu",
                                  "chrf",
                                  "ter"};

// Counts and sums of a draw against the figure of the items that were drawn, one by one.
TEST(Replicates, AreTheFiguresOfTheItemsDrawn) {
  std::mt19937 random(3);
  for (const char* name : kNames) {
    const ItemValues items = drawn_items(name, 40, random);
    const ReplicateStatistic statistic = find_aggregation(name)->replicate(items);
    for (int draw = 0; draw < 20; ++draw) {
      std::vector<std::uint32_t> drawn(draw < 10 ? 40 : 5);
      for (std::uint32_t& i : drawn) i = random() % 40;
      ItemValues some;
      for (const std::uint32_t i : drawn) some.push_back(items[i]);
      const double wanted = find_aggregation(name)->value(some);
      if (!std::isfinite(wanted)) continue;
      EXPECT_NEAR(statistic(drawn), wanted, 1e-12 * std::fabs(wanted) + 1e-14) << name;
    }
  }
}

TEST(Exchange, OfAMeanIsTheSignFlipTest) {
  std::mt19937 random(4);
  for (const std::size_t n : {2u, 5u, 12u, 15u}) {
    const ItemValues a = drawn_items("nanmean", n, random), b = drawn_items("nanmean", n, random);
    std::vector<double> differences;
    for (std::size_t i = 0; i < n; ++i) differences.push_back(b[i][0] - a[i][0]);
    EXPECT_EQ(p_of("nanmean", a, b), sign_flip_p(differences)) << n;
  }
}

TEST(Exchange, IsTheShareOfAllPatterns) {
  std::mt19937 random(5);
  for (const char* name : {"macro_f1", "mcc", "pearson", "median", "bleu"}) {
    const ItemValues a = drawn_items(name, 7, random), b = drawn_items(name, 7, random);
    const double observed = std::fabs(*aggregate(name, b) - *aggregate(name, a));
    int as_large = 0;
    for (int pattern = 0; pattern < 128; ++pattern) {
      ItemValues one = a, other = b;
      for (std::size_t i = 0; i < 7; ++i)
        if (pattern >> i & 1) std::swap(one[i], other[i]);
      as_large += std::fabs(*aggregate(name, other) - *aggregate(name, one)) >= observed - 1e-9;
    }
    EXPECT_DOUBLE_EQ(p_of(name, a, b), as_large / 128.0) << name;
  }
}

// Ten gained a tenth and two lost one: 2 P(X <= 2) of 12 coins, though the sums of tenths are all
// rounded in another way.
TEST(Exchange, SumsThatRoundingAloneTellsApartAreTies) {
  ItemValues a, b;
  for (int i = 0; i < 12; ++i) {
    a.push_back({1 + 0.07 * i});
    b.push_back({a.back()[0] + (i == 3 || i == 8 ? -0.1 : 0.1)});
  }
  EXPECT_EQ(p_of("nanmean", a, b), 2 * (1 + 12 + 66) / 4096.0);
}

// Of n items all patterns but two differ less at best.
TEST(Exchange, NeverSaysMoreThanSoFewItemsCan) {
  const ItemValues right = {{0.9}, {0.8}, {0.7}}, wrong = {{0.1}, {0.2}, {0.3}};
  EXPECT_EQ(p_of("nanmean", right, wrong), 0.25);
  const ItemValues pooled = pooled_of(right, wrong);
  EXPECT_EQ(exchange_test(pooled, find_aggregation("nanmean")->replicate(pooled)).least_p, 0.25);
  EXPECT_EQ(p_of("median", right, right), 1);
  ItemValues many(600, {1.0}), none(600, {0.0});
  const ItemValues all = pooled_of(many, none);
  const ExchangeTest test = exchange_test(all, find_aggregation("nanmean")->replicate(all));
  EXPECT_EQ(test.p, 1.0 / 83'334) << "50 million items by 600, and the observed pattern";
  EXPECT_EQ(test.least_p, test.p);
}

// Two runs out of one distribution; 3.89 standard errors: one in 10,000 lies beyond.
TEST(Exchange, RaisesNoMoreFalseAlarmsThanItSays) {
  constexpr double alpha = 0.05, beyond = 3.89;
  std::mt19937 random(20261130);
  for (const char* name : {"f1", "mcc", "macro_f1", "median", "bleu"})
    for (const std::size_t n : {2u, 3u, 5u, 9u, 30u}) {
      const int sets = n < 9 ? 1000 : n < 30 ? 300 : 60;
      int rejected = 0;
      for (int set = 0; set < sets; ++set) {
        ItemValues a = drawn_items(name, n, random), b = drawn_items(name, n, random);
        if (a[0].size() == 2)
          for (std::size_t i = 0; i < n; ++i) b[i][0] = a[i][0];  // the gold
        rejected += p_of(name, a, b) < alpha;
      }
      const double most = alpha + beyond * std::sqrt(alpha * (1 - alpha) / sets);
      EXPECT_LE(double(rejected) / sets, n < 6 ? 0 : most) << name << " of " << n;
    }
}

}  // namespace
}  // namespace flm
