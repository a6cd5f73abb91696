// Figures of scipy's pearsonr over the same pairs.
#include <gtest/gtest.h>

#include <optional>

#include "reports/statistics/aggregates/aggregate.h"

namespace flm {
namespace {

TEST(Aggregate, PearsonIsThatOfScipy) {
  const ItemValues few = {{3, 4.5}, {1.5, 1}, {5, 4}, {3, 2.25}, {2, 3}};
  EXPECT_DOUBLE_EQ(*aggregate("pearson", few), 0.6638646376502573);
  EXPECT_DOUBLE_EQ(*aggregate("pearson", {{1, 2}, {2, 4}, {4, 8}}), 1.0);
  EXPECT_EQ(aggregate_stderr("pearson", few, 1000), std::nullopt);
}

TEST(Aggregate, PearsonOfOneAnswerForAllIs0AndOfEqualGoldsIsNone) {
  EXPECT_EQ(*aggregate("pearson", {{3, 1}, {3, 2}}), 0.0);
  EXPECT_EQ(*aggregate("pearson", {{3, 2}}), 0.0);
  EXPECT_EQ(aggregate("pearson", {{1, 2}, {2, 2}}), std::nullopt);
}

}  // namespace
}  // namespace flm
