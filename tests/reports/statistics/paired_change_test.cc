// The change of a figure over the same items. Errors are numpy's var(ddof=1) or arithmetic.
#include "reports/statistics/differences/paired_change.h"

#include <gtest/gtest.h>

#include <cmath>

namespace flm {
namespace {

// Ten passages of four answers, five that gain two and five that lose two: sqrt(10 / 9 * 40) / 40.
// The 20 flips one by one have 0.113.
TEST(PairedChange, OfAnswersInClustersHasTheErrorOfTheClusters) {
  ItemValues a, b;
  std::vector<std::string> clusters;
  for (int i = 0; i < 40; ++i) {
    const bool differs = i % 4 < 2, gains = i < 20;
    a.push_back({differs && !gains ? 1.0 : 0.0});
    b.push_back({differs && gains ? 1.0 : 0.0});
    clusters.push_back("passage " + std::to_string(i / 4));
  }
  const auto change = paired_change("mean", a, b, clusters);
  ASSERT_TRUE(change && change->stderr_value);
  EXPECT_EQ(change->difference, 0);
  EXPECT_NEAR(*change->stderr_value, 1.0 / 6, 1e-12);
}

// Kish's number less 1. Of sizes 3, 2, 2 and 1: 64 / 18 - 1.
TEST(PairedChange, LargeClustersCountForFewDegreesOfFreedom) {
  const ItemValues a(8, {0.0});
  const ItemValues b = {{1}, {0}, {1}, {0.5}, {-0.5}, {0.25}, {0.1}, {0.2}};
  const std::vector<std::string> clusters = {"p", "p", "p", "q", "q", "r", "r", "s"};
  const MeanError change = paired_mean_change(a, b, clusters);
  EXPECT_NEAR(change.stderr_value, 0.18215024275992608, 1e-12);
  EXPECT_NEAR(change.df, 64.0 / 18 - 1, 1e-12);
  const std::vector<std::string> equal = {"p", "p", "q", "q", "r", "r", "s", "s"};
  EXPECT_NEAR(paired_mean_change(a, b, equal).df, 3, 1e-12) << "of equal clusters G - 1";
}

// 230^2 / (100^2 + 60^2 + 40^2 + 30^2) - 1, which a report of one run has, too.
TEST(PairedChange, LongDocumentsCountForFewDegreesOfFreedom) {
  const ItemValues a = {{70, 100}, {41, 60}, {30, 40}, {20, 30}};
  const ItemValues b = {{74, 100}, {40.5, 60}, {31, 40}, {20.2, 30}};
  const auto change = paired_ratio_change("bpb", a, b, {"", "", "", ""});
  ASSERT_TRUE(change);
  EXPECT_NEAR(change->mean, 0.02948115953120918, 1e-12);
  EXPECT_NEAR(change->stderr_value, 0.01917853727533853, 1e-12);
  EXPECT_NEAR(change->df, 52900.0 / 16100 - 1, 1e-12);
  EXPECT_EQ(paired_ratio_change("bpb", a, b, {"p", "p", "q", "q"})->df, 1) << "of two clusters";
}

// Of 12.5 / 10 less 11 / 10 the items move 0.07, -0.01, -0.145 and 0.085 of a unit of the scale.
TEST(PairedChange, OfStrataIsWhatTheirItemsVaryWithinThem) {
  const ItemValues a = {{3, 2}, {1, 4}, {5, 3}, {2, 1}};
  const ItemValues b = {{4, 2}, {1.5, 4}, {4, 3}, {3, 1}};
  const auto error = [&](const std::vector<std::size_t>& sizes, double scale) {
    const PairedChange change = stratified_ratio_change(a, b, sizes, scale);
    EXPECT_NEAR(change.difference, 0.15 * scale, 1e-12);
    return change.stderr_value;
  };
  EXPECT_NEAR(*error({3, 1}, 1), 0.20651876428063382, 1e-12);
  EXPECT_NEAR(*error({1, 3}, 1), 0.21207310060448495, 1e-12);
  EXPECT_NEAR(*error({1, 3}, 2), 0.4241462012089699, 1e-12);
  EXPECT_EQ(error({1, 1, 1, 1}, 1), std::nullopt) << "one item a stratum: nothing varies within";
}

}  // namespace
}  // namespace flm
