// What is said of a curve of checkpoints: noise, spikes, a power law, means over a window. Expected
// numbers are scipy 1.x's (linregress, curve_fit, t.ppf) or arithmetic.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

#include "reports/statistics/curves/evaluated_spikes.h"
#include "reports/statistics/curves/local_line.h"
#include "reports/statistics/curves/power_law.h"
#include "reports/statistics/curves/smoothing.h"

namespace flm {
namespace {

using Values = std::vector<double>;

const Values kPlaces = {100, 200, 300, 500, 800, 1200, 1800, 2500, 3300, 4200};

/// 1.5 + 20 x^-0.6 with errors of some thousandths.
Values falling() {
  const Values errors = {3, -2, 1, 4, -3, -1, 2, -2, 1, -1};
  Values out;
  for (std::size_t i = 0; i < kPlaces.size(); ++i)
    out.push_back(1.5 + 20 * std::pow(kPlaces[i], -0.6) + errors[i] * 1e-3);
  return out;
}

TEST(CheckpointNoise, IsTheDeviationAroundALineThroughTheLastPoints) {
  const auto noise = checkpoint_noise(kPlaces, falling());
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(noise[static_cast<std::size_t>(i)]) << i;
  EXPECT_NEAR(*noise[4], 0.0767569191191012, 1e-13);
  EXPECT_NEAR(*noise[9], 0.007168614412613099, 1e-13);
}

TEST(CheckpointNoise, TakesTenPointsWhereTheyLieNear) {
  Values x, y;
  for (int i = 1; i <= 40; ++i) {
    x.push_back(1000.0 * i);
    y.push_back(2 - 0.1 * std::log(1000.0 * i) + 0.01 * std::sin((i - 1) * 1.7));
  }
  EXPECT_NEAR(*checkpoint_noise(x, y).back(), 0.007589052064994878, 1e-13);
}

TEST(CheckpointNoise, StepZeroIsInNoLine) {
  const Values x = {0, 1, 2, 3, 4, 5}, y = {100, 5, 4, 3.5, 3.1, 2.9};
  const auto noise = checkpoint_noise(x, y);
  EXPECT_FALSE(noise[4]);
  EXPECT_LT(*noise[5], 0.2);
}

std::vector<CurveStep> steps_of(const Values& x, const Values& y, double error) {
  std::vector<CurveStep> out;
  for (std::size_t i = 0; i < x.size(); ++i) {
    out.push_back({x[i], y[i], {}, {}});
    if (i == 0) continue;
    out.back().change = y[i] - y[i - 1];
    out.back().change_stderr = error;
  }
  return out;
}

TEST(EvaluatedSpikes, ABadUpdateShows) {
  // Bits per byte of a small run whose learning rate was 150 times too high before step 100.
  const auto found =
      find_spikes(steps_of({0, 20, 40, 60, 80, 100, 120},
                           {6.10967, 3.96867, 3.45932, 3.24953, 3.18152, 4.89435, 4.42382}, 0.068),
                  false);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at, 5U);
  EXPECT_NEAR(found[0].size, 1.71283, 1e-9);
  EXPECT_NEAR(found[0].paired_errors, 1.71283 / 0.068, 1e-9);
  EXPECT_GT(found[0].deviations, 10);
  EXPECT_FALSE(found[0].recovered);
}

/// 2 - 0.1 log x and a little noise over 40 checkpoints.
Values calm() {
  Values out;
  for (int i = 1; i <= 40; ++i)
    out.push_back(2 - 0.1 * std::log(1000.0 * i) + 0.002 * std::sin(1.7 * i));
  return out;
}

Values thousands(int count) {
  Values out;
  for (int i = 1; i <= count; ++i) out.push_back(1000.0 * i);
  return out;
}

TEST(EvaluatedSpikes, SayWhenTheyRecovered) {
  Values y = calm();
  EXPECT_TRUE(find_spikes(steps_of(thousands(40), y, 0.001), false).empty());
  y[30] += 0.2;
  y[31] += 0.08;
  const auto found = find_spikes(steps_of(thousands(40), y, 0.001), false);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at, 30U);
  EXPECT_EQ(found[0].recovered, 32U);
}

TEST(EvaluatedSpikes, WantBothThresholds) {
  Values y = calm();
  y[30] += 0.2;
  EXPECT_TRUE(find_spikes(steps_of(thousands(40), y, 0.1), false).empty()) << "within item error";
  EXPECT_TRUE(find_spikes(steps_of(thousands(40), y, 0.001), true).empty()) << "for the better";
  for (double& v : y) v = -v;
  EXPECT_EQ(find_spikes(steps_of(thousands(40), y, 0.001), true).size(), 1U);
}

TEST(EvaluatedSpikes, ANewLevelBecomesThePast) {
  Values y = calm();
  for (std::size_t i = 15; i < y.size(); ++i) y[i] += 0.3;
  y[35] += 0.3;
  const auto found = find_spikes(steps_of(thousands(40), y, 0.001), false);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at, 15U);
  EXPECT_FALSE(found[0].recovered);
  EXPECT_EQ(found[1].at, 35U);
  EXPECT_EQ(found[1].recovered, 36U);
}

/// Four points behind the first are no new level yet, five are: the sixth is not back then, but as
/// the new past has it.
TEST(EvaluatedSpikes, AreNoNewLevelForFourPoints) {
  const auto recovered = [](std::size_t end) {
    Values y = calm();
    for (std::size_t i = 15; i < end; ++i) y[i] += 0.3;
    const auto found = find_spikes(steps_of(thousands(40), y, 0.001), false);
    EXPECT_EQ(found.size(), 1U);
    return found.at(0).recovered;
  };
  EXPECT_EQ(recovered(20), 20U);
  EXPECT_EQ(recovered(21), std::nullopt);
}

TEST(NearTheLast, ReachDownToTheFactorAndNoFurther) {
  EXPECT_EQ(near_the_last({49, 50, 60, 100}, 1, 9, 2), 3U) << "50 is half of 100";
  EXPECT_EQ(near_the_last({10, 20, 100}, 2, 9, 2), 2U) << "the least that are wanted";
  EXPECT_EQ(near_the_last({97, 98, 99, 100}, 1, 2, 2), 2U) << "the most";
  EXPECT_EQ(near_the_last({100}, 3, 9, 2), 1U) << "all there are";
}

TEST(EvaluatedSpikes, SeldomAreFalseAlarms) {
  // The worst case: checkpoints scatter far more than items do, so that the first threshold never
  // holds anything back.
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  int alarms = 0;
  constexpr int kSeries = 200, kPoints = 100;
  for (int s = 0; s < kSeries; ++s) {
    Values y;
    for (int i = 0; i < kPoints; ++i) y.push_back(normal(random));
    alarms += static_cast<int>(find_spikes(steps_of(thousands(kPoints), y, 1e-6), false).size());
  }
  std::printf("%d false alarms in %d points of pure noise\n", alarms, kSeries * kPoints);
  EXPECT_LT(alarms, kSeries * kPoints / 500);
}

TEST(PowerLaw, IsWhatLeastSquaresGive) {
  const auto law = fit_power_law(kPlaces, falling());
  ASSERT_TRUE(law);
  EXPECT_NEAR(law->floor, 1.5002244824861237, 1e-7);
  EXPECT_NEAR(law->factor, 20.153175632644913, 1e-4);
  EXPECT_NEAR(law->exponent, 0.6013079397778298, 1e-6);
  EXPECT_NEAR(law->squares, 4.38379750985023e-05, 1e-12);
}

/// 5 x^-0.3 - 0.3: the best law has a floor of -0.3, and of those without one scipy's least_squares
/// gives this.
TEST(PowerLaw, HasNoFloorBelowZero) {
  Values y;
  for (const double x : kPlaces) y.push_back(5 * std::pow(x, -0.3) - 0.3);
  const auto law = fit_power_law(kPlaces, y);
  ASSERT_TRUE(law);
  EXPECT_EQ(law->floor, 0);
  EXPECT_NEAR(law->factor, 9.67459191, 1e-5);
  EXPECT_NEAR(law->exponent, 0.49527412, 1e-6);
  EXPECT_NEAR(law->squares, 0.007540655174097, 1e-12);
}

/// All of the fall lies before the second point: the larger the exponent, the better.
TEST(PowerLaw, IsNoneWhereTheBestExponentIsTheLargestThatIsSearched) {
  EXPECT_FALSE(fit_power_law({1, 2, 3, 4, 5, 6, 7, 8}, {5, 1, 1, 1, 1, 1, 1, 1}));
}

/// The last 20 % of the points, of which there are whole ones.
TEST(PowerLaw, IsHeldAgainstTheLastFifth) {
  std::string refused;
  for (const auto& [points, held] :
       std::vector<std::pair<int, std::size_t>>{{8, 1}, {9, 1}, {10, 2}, {14, 2}, {15, 3}}) {
    Values x, y;
    for (int i = 1; i <= points; ++i) {
      x.push_back(100.0 * i);
      y.push_back(1.5 + 20 * std::pow(100.0 * i, -0.6) + 1e-3 * (i % 3));
    }
    const auto out = forecast(x, y, 2 * x.back(), refused);
    ASSERT_TRUE(out) << refused;
    EXPECT_EQ(out->backtest_points, held) << points;
  }
}

TEST(PowerLaw, ForecastsWithAnIntervalAndABacktest) {
  std::string refused;
  const auto out = forecast(kPlaces, falling(), 10'000, refused);
  ASSERT_TRUE(out) << refused;
  EXPECT_NEAR(out->value, 1.5794950067810376, 1e-7);
  EXPECT_NEAR(out->high - out->value, 0.0051031671105170135, 1e-6);
  EXPECT_NEAR(out->value - out->low, 0.0051031671105170135, 1e-6);
  EXPECT_NEAR(out->backtest_error, 0.0010990886823838922, 1e-7);
  EXPECT_NEAR(out->backtest_worst, 0.0014592469080736414, 1e-7);
  EXPECT_EQ(out->backtest_points, 2U);
}

TEST(PowerLaw, RefusesWhatItCannotSay) {
  std::string refused;
  EXPECT_FALSE(forecast({1, 2, 3, 4, 5, 6, 7}, {7, 6, 5, 4, 3, 2, 1}, 8, refused));
  EXPECT_EQ(refused, "7 points, 8 are wanted");
  EXPECT_FALSE(forecast(kPlaces, falling(), 4 * 4200 + 1, refused));
  EXPECT_EQ(refused, "further than 4 times the last checkpoint");
  EXPECT_FALSE(forecast(kPlaces, falling(), 4200, refused));
  EXPECT_EQ(refused, "not beyond the last checkpoint");
  Values rising(10);
  std::iota(rising.begin(), rising.end(), 1.0);
  EXPECT_FALSE(forecast(kPlaces, rising, 5000, refused));
  EXPECT_EQ(refused, "the points do not fall like a power law");
}

TEST(CentredMeans, AreOverPlacesAndNeverAcrossASegment) {
  const Values out =
      centred_means({0, 1, 2, 10, 11, 12}, {1, 2, 6, 4, 8, 9}, {0, 0, 0, 0, 1, 1}, 2);
  EXPECT_EQ(out, (Values{1.5, 3, 4, 4, 8.5, 8.5}));
}

TEST(CheckpointNoise, IsNotKnownWhereAllStandAtOnePlace) {
  const Values x(6, 1.23e12), y = {5, 4, 3, 2, 1, 0};
  for (const auto& noise : checkpoint_noise(x, y)) EXPECT_FALSE(noise);
  EXPECT_THAT(find_spikes(steps_of(x, y, 0.01), true), testing::IsEmpty());
}

}  // namespace
}  // namespace flm
