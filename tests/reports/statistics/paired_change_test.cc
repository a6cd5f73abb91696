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
