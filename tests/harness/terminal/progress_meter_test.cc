// What a line of progress says, and when one is due.
#include "harness/terminal/progress_meter.h"

#include <gtest/gtest.h>

#include "harness/terminal/short_numbers.h"

namespace flm {
namespace {

const WorkDone kHalf{"scoring tokens", 3'445'000, 6'500'000, 0, 26.3};

TEST(ShortNumbers, AreInTheUnitOfTheTotal) {
  EXPECT_EQ(count_of_total(53, 1319), "53 of 1,319");
  EXPECT_EQ(count_of_total(0, 9999), "0 of 9,999");
  EXPECT_EQ(count_of_total(500, 24'100), "0.5 of 24.1 k");
  EXPECT_EQ(count_of_total(3'445'000, 6'500'000), "3.4 of 6.5 M");
  EXPECT_EQ(short_count(14'940'000'000), "14.9 G");
  EXPECT_EQ(short_rate(3.24), "3.2/s");
  EXPECT_EQ(short_rate(131'000), "131 k/s");
  EXPECT_EQ(short_rate(1'240), "1.2 k/s");
  EXPECT_EQ(short_time(24.4), "0:24");
  EXPECT_EQ(short_time(7510), "2:05:10");
}

TEST(ProgressLine, SaysShareRateAndTimeLeft) {
  EXPECT_EQ(progress_text(kHalf), "scoring tokens: 53 %, 3.4 of 6.5 M, 131 k/s, 0:23 left");
  EXPECT_EQ(progress_text({"x", 1, 2, 0, 0.5}), "x: 50 %, 1 of 2") << "no rate of half a second";
  EXPECT_EQ(progress_text({"x", 60, 100, 50, 10}), "x: 60 %, 60 of 100, 1.0/s, 0:40 left")
      << "what was there at first is no speed";
}

TEST(ProgressLine, ABarFitsItsColumnsAndKeepsTheTimeLeft) {
  EXPECT_EQ(progress_bar(kHalf, 100),
            "scoring tokens [###############...............]  53 %  3.4 of 6.5 M  131 k/s  "
            "0:23 left");
  for (int columns = 5; columns < 120; ++columns)
    EXPECT_LE(progress_bar(kHalf, columns).size(), static_cast<std::size_t>(columns));
  EXPECT_EQ(progress_bar(kHalf, 34), "scoring tokens  53 %  0:23 left");
  EXPECT_NE(progress_bar(kHalf, 24).find("0:23 left"), std::string::npos);
}

TEST(ProgressMeter, ALogHasALineEachFivePercentOrThirtySeconds) {
  ProgressMeter meter(MeterStyle::kLines);
  int lines = 0;
  for (int second = 0; second <= 1000; ++second)  // 1 % in 10 s: 5 % in 50 s, so each 30 s
    lines += meter.update("slow", second, 10'000, second).has_value();
  EXPECT_EQ(lines, 33);
  EXPECT_TRUE(meter.end(1000));
  lines = 0;
  for (int second = 0; second <= 200; ++second)  // 1 % in 2 s
    lines += meter.update("fast", second, 200, second).has_value();
  EXPECT_EQ(lines, 20);
  lines = 0;
  for (int tenth = 0; tenth <= 100; ++tenth)  // done in 10 s: 5 s lie between two lines
    lines += meter.update("short", tenth, 100, 300 + 0.1 * tenth).has_value();
  EXPECT_LE(lines, 2);
}

TEST(ProgressMeter, TheEndIsToldOnceAndOnlyOfWhatWasShown) {
  ProgressMeter meter(MeterStyle::kLines);
  meter.update("scoring tokens", 0, 1000, 0);
  EXPECT_FALSE(meter.end(1)) << "a short one says nothing";
  meter.update("scoring tokens", 0, 1000, 0);
  ASSERT_TRUE(meter.update("scoring tokens", 500, 1000, 30));
  meter.update("scoring tokens", 1000, 1000, 40);
  EXPECT_EQ(meter.end(40), "scoring tokens: 1,000 in 0:40, 25/s");
  EXPECT_FALSE(meter.end(41));
  meter.update("scoring tokens", 0, 1000, 50);
  ASSERT_TRUE(meter.update("scoring tokens", 400, 1000, 90));
  EXPECT_EQ(meter.end(90), "scoring tokens: 400 of 1,000 in 0:40, 10/s") << "it was stopped";
}

}  // namespace
}  // namespace flm
