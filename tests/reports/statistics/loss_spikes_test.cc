// Jumps of a curve: found where there are some, and not where there are none.
#include "reports/statistics/curves/loss_spikes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace flm {
namespace {

using testing::IsEmpty;

/// Normal numbers from a counter (splitmix64 and Box and Muller), the same everywhere.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u) {}
  double next() {
    const double u = uniform(), v = uniform();
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * 3.14159265358979324 * v);
  }

 private:
  double uniform() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (static_cast<double>((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
  }
  std::uint64_t state_;
};

std::vector<double> places(std::size_t n, double every) {
  std::vector<double> x;
  for (std::size_t i = 1; i <= n; ++i) x.push_back(every * static_cast<double>(i));
  return x;
}

double power_law(double x) { return 1.7 + 8 * std::pow(x, -0.3); }

/// Of 300 seeded curves of 400 values, how many have a spike.
int false_alarms(double (*curve)(double), double correlation) {
  int alarms = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Noise noise(seed);
    const std::vector<double> x = places(400, 10);
    std::vector<double> y;
    double e = noise.next();
    for (const double at : x) {
      y.push_back(curve(at) + 0.03 * e);
      e = correlation * e + std::sqrt(1 - correlation * correlation) * noise.next();
    }
    alarms += find_spikes(x, y).empty() ? 0 : 1;
  }
  return alarms;
}

TEST(LossSpikes, NoiseIsNoSpike) {
  EXPECT_EQ(false_alarms([](double) { return 3.0; }, 0), 0);
  EXPECT_EQ(false_alarms(power_law, 0), 0);
  EXPECT_LE(false_alarms([](double) { return 3.0; }, 0.9), 6);
}

TEST(LossSpikes, SmoothCurvesHaveNone) {
  const std::vector<double> x = places(2000, 1);
  const auto spikes = [&](double (*curve)(double)) {
    std::vector<double> y;
    for (const double at : x) y.push_back(curve(at));
    return find_spikes(x, y).size();
  };
  EXPECT_EQ(spikes(power_law), 0u);
  EXPECT_EQ(spikes([](double) { return 2.5; }), 0u);
  // Warm-up: from the value of a random model down, steep at first.
  EXPECT_EQ(spikes([](double at) { return at < 100 ? 11 - 0.06 * at : 5 + std::exp(-at / 500); }),
            0u);
  // A slow rise, as after a rate that is warmed up again.
  EXPECT_EQ(spikes([](double at) { return 3 + 0.3 * std::sin(at / 300); }), 0u);
  // Printed with three digits.
  EXPECT_EQ(spikes([](double at) { return std::round(100 * power_law(at)) / 100; }), 0u);
}

/// A power law with noise of 0.03, and `bump` above it in [from, to).
std::vector<double> with_bump(std::size_t n, std::size_t from, std::size_t to, double bump) {
  Noise noise(7);
  std::vector<double> y;
  for (std::size_t i = 0; i < n; ++i)
    y.push_back(power_law(static_cast<double>(i + 1)) + 0.03 * noise.next() +
                (i >= from && i < to ? bump : 0));
  return y;
}

TEST(LossSpikes, StepSizeAndRecovery) {
  const std::vector<double> x = places(500, 1), y = with_bump(500, 300, 320, 1.0);
  const std::vector<Spike> found = find_spikes(x, y);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].at, 300u);
  EXPECT_EQ(found[0].recovered, 320u);
  EXPECT_NEAR(found[0].before, power_law(270), 0.03);
  EXPECT_NEAR(found[0].peak, power_law(310) + 1, 0.1);
  EXPECT_GT(found[0].spread, 0.02);
  EXPECT_LT(found[0].spread, 0.06);  // of the noise and of the fall over 64 values, 0.1
}

TEST(LossSpikes, OneValueIsEnough) {
  const std::vector<double> x = places(500, 1);
  for (const std::size_t at : {40, 100, 499}) {
    const std::vector<Spike> found = find_spikes(x, with_bump(500, at, at + 1, 3.0));
    ASSERT_EQ(found.size(), 1u) << at;
    EXPECT_EQ(found[0].at, at);
    if (at < 499) {
      EXPECT_EQ(found[0].recovered, at + 1);
    }
  }
}

TEST(LossSpikes, ANewLevelIsNotRecoveredAndHidesNoLaterOne) {
  const std::vector<double> x = places(500, 1);
  std::vector<double> y = with_bump(500, 200, 500, 0.8);
  y[400] += 1;
  const std::vector<Spike> found = find_spikes(x, y);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].at, 200u);
  EXPECT_EQ(found[0].recovered, std::nullopt);
  EXPECT_EQ(found[1].at, 400u);
  EXPECT_EQ(found[1].recovered, 401u);
}

/// Eight values of 3 and then these. Without noise the spread is its least, 0.002 x 3 = 0.006, and
/// back is up to 3 + 3 x 0.006.
std::vector<Spike> after_threes(std::vector<double> values,
                                const LossSpikeThresholds& thresholds = {}) {
  values.insert(values.begin(), 8, 3.0);
  return find_spikes(places(values.size(), 1), values, thresholds);
}

TEST(LossSpikes, BackIsWithinThreeSpreads) {
  EXPECT_EQ(after_threes({30, 3.017, 3.017, 3.017}).at(0).recovered, 9u);
  EXPECT_EQ(after_threes({30, 3.019, 3.019, 3.019}).at(0).recovered, std::nullopt);
}

TEST(LossSpikes, FewerValuesWillDoAtTheEndOfTheLog) {
  EXPECT_EQ(after_threes({30, 3}).at(0).recovered, 9u);
  EXPECT_EQ(after_threes({30, 30, 3, 3}).at(0).recovered, 10u);
  EXPECT_EQ(after_threes({30}).at(0).recovered, std::nullopt);
  EXPECT_EQ(after_threes({30, 3, 30}).at(0).recovered, std::nullopt) << "it is not back";
}

/// Four values without recovery, 9 to 12: from 13 on there is a new past, which judges once it has
/// two values.
TEST(LossSpikes, APastIsGivenUpAfterThePatience) {
  LossSpikeThresholds thresholds;
  thresholds.fewest = 2;
  thresholds.patience = 4;
  EXPECT_EQ(after_threes({30, 30, 30, 30, 30, 30, 100}, thresholds).size(), 1u) << "one value, 13";
  const auto found = after_threes({30, 30, 30, 30, 30, 30, 30, 100}, thresholds);
  ASSERT_EQ(found.size(), 2u) << "13 and 14";
  EXPECT_EQ(found[1].at, 15u);
  EXPECT_EQ(found[1].before, 30);
}

TEST(LossSpikes, NanIsPassedOver) {
  const std::vector<double> x = places(500, 1);
  std::vector<double> y = with_bump(500, 300, 310, 1.0);
  for (const std::size_t at : {5, 150, 299, 305, 310})
    y[at] = std::numeric_limits<double>::quiet_NaN();
  y[320] = std::numeric_limits<double>::infinity();
  const std::vector<Spike> found = find_spikes(x, y);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].at, 300u);
  EXPECT_EQ(found[0].recovered, 311u);
}

TEST(LossSpikes, FewValuesAreNotJudged) {
  EXPECT_THAT(find_spikes({}, {}), IsEmpty());
  EXPECT_THAT(find_spikes(places(8, 1), {3, 3, 3, 3, 3, 3, 3, 30}), IsEmpty());
  EXPECT_EQ(find_spikes(places(9, 1), {3, 3, 3, 3, 3, 3, 3, 3, 30}).size(), 1u);
}

}  // namespace
}  // namespace flm
