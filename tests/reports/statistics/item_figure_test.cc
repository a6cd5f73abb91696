// What one item alone says: the definition of each metric over that item.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "reports/statistics/aggregates/aggregate.h"

namespace flm {
namespace {

TEST(ItemFigure, IsInTheUnitOfTheMetric) {
  EXPECT_EQ(item_figure("mean", {0.25}), 0.25);
  EXPECT_EQ(item_figure("a function of the task's own", {0.25}), 0.25);
  EXPECT_DOUBLE_EQ(*item_figure("bpb", {65229.398, 41539, 20000}),
                   65229.398 / 41539 / std::numbers::ln2);
  EXPECT_DOUBLE_EQ(*item_figure("bits_per_byte", {-65229.398, 41539}),
                   65229.398 / 41539 / std::numbers::ln2);
  EXPECT_DOUBLE_EQ(*item_figure("perplexity", {-11.193}), std::exp(11.193));
  EXPECT_DOUBLE_EQ(*item_figure("weighted_perplexity", {-30, 12}), std::exp(2.5));
  // The right one is the second: (0.2 - 0)^2 + (0.8 - 1)^2.
  EXPECT_DOUBLE_EQ(*item_figure("brier_score", {1, 0.2, 0.8}), 0.08);
}

TEST(ItemFigure, OfLabelsSaysWhetherTheyAreEqual) {
  for (const char* labels : {"f1", "mcc", "macro_f1", "polarity_f1"}) {
    EXPECT_EQ(item_figure(labels, {0, 0}), 1) << labels;
    EXPECT_EQ(item_figure(labels, {1, 1}), 1) << labels;
    EXPECT_EQ(item_figure(labels, {1, 0}), 0) << labels;
    EXPECT_EQ(item_figure(labels, {0, 1}), 0) << labels;
  }
}

TEST(ItemFigure, IsNothingWhereAnItemSaysNothingAlone) {
  EXPECT_EQ(item_figure("bleu", {3, 2, 1, 0, 5, 4, 3, 2, 5, 6}), std::nullopt);
  EXPECT_EQ(item_figure("ter", {3, 7}), std::nullopt);
  EXPECT_EQ(item_figure("pearson", {3, 7}), std::nullopt);
  EXPECT_EQ(item_figure("mean", {}), std::nullopt);
  EXPECT_EQ(item_figure("f1", {1}), std::nullopt);
  EXPECT_EQ(item_figure("bpb", {12, 0}), std::nullopt) << "a text without bytes";
  EXPECT_EQ(item_figure("perplexity", {-1e6}), std::nullopt) << "beyond what a double holds";
  EXPECT_EQ(item_figure("a function of the task's own", {1, 2}), std::nullopt);
}

}  // namespace
}  // namespace flm
