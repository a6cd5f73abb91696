#include "harness/commands/plan_page.h"

#include <gtest/gtest.h>

namespace flm::test {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

TEST(PlanPage, LargeFiguresHaveLargeUnits) {
  EXPECT_EQ(flops_text(7.394e12), "7.39 TFLOP");
  EXPECT_EQ(flops_text(999.4e12), "999 TFLOP");
  EXPECT_EQ(flops_text(999.6e12), "1 PFLOP");
  EXPECT_EQ(flops_text(2.08e17), "208 PFLOP");
  EXPECT_EQ(flops_text(3e25), "30000 ZFLOP");
  EXPECT_EQ(memory_text(0.5134 * kGiB), "0.513 GiB");
  EXPECT_EQ(memory_text(1000 * kGiB), "1000 GiB");
  EXPECT_EQ(memory_text(1536 * kGiB), "1.5 TiB");
}

TEST(PlanPage, SecondsStandBesideWhatIsEasierToRead) {
  EXPECT_EQ(duration_text(50.64), "50.6 s");
  EXPECT_EQ(duration_text(300), "300 s (5 min)");
  EXPECT_EQ(duration_text(2550.4), "2550 s (42 min)");
  EXPECT_EQ(duration_text(9000), "9000 s (2.5 h)");
  EXPECT_EQ(duration_text(1354754), "1354754 s (15.7 days)");
}

}  // namespace
}  // namespace flm::test
