// States, exit codes and the statistics of whole comparisons, on made-up times.
#include "bench/results/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/errors.h"
#include "bench/results/statistics.h"
#include "tests/error_of.h"

namespace flm::bench {
namespace {

using testing::HasSubstr;

ResultRow row(const std::string& name, std::vector<double> seconds) {
  ResultRow result;
  result.name = name;
  result.seconds = std::move(seconds);
  return result;
}

/// Ten times around `centre` that lie within +-`spread`, evenly.
std::vector<double> around(double centre, double spread) {
  std::vector<double> seconds;
  for (int i = 0; i < 10; ++i) seconds.push_back(centre * (1 + spread * (i - 4.5) / 4.5));
  return seconds;
}

RowChange only(const ResultComparison& comparison) {
  EXPECT_EQ(comparison.rows.size(), 1u);
  return comparison.rows.at(0);
}

ResultComparison compared(std::vector<ResultRow> before, std::vector<ResultRow> after) {
  ResultFile old_file, new_file;
  old_file.rows = std::move(before);
  new_file.rows = std::move(after);
  return compare_results(old_file, new_file, {});
}

TEST(Compare, States) {
  const auto state = [](std::vector<double> before, std::vector<double> after) {
    return only(compared({row("a", std::move(before))}, {row("a", std::move(after))})).change;
  };
  EXPECT_EQ(state(around(1, 0.002), around(1.05, 0.002)), Change::kSlow);
  EXPECT_EQ(state(around(1, 0.002), around(0.95, 0.002)), Change::kFast);
  EXPECT_EQ(state(around(1, 0.002), around(1.001, 0.002)), Change::kSame);
  EXPECT_EQ(state(around(1, 0.002), around(1.015, 0.002)), Change::kSame);  // below 2%
  EXPECT_EQ(state(around(1, 0.2), around(1.05, 0.2)), Change::kAmbiguous);  // noise
  EXPECT_EQ(state({1, 1, 1}, {2, 2, 2}), Change::kAmbiguous);               // too few
}

TEST(Compare, ThresholdFollowsTheNoise) {
  const RowChange change =
      only(compared({row("a", around(1, 0.02))}, {row("a", around(1.025, 0.02))}));
  // quartiles 0.02 apart: sigma 0.02 / 1.349, of a median of ten 1.2533 sigma / sqrt(10)
  EXPECT_NEAR(change.threshold, 2 * 1.8 * 1.41421 * 1.2533 * 0.02 / 1.349 / 3.16228, 1e-5);
  EXPECT_NEAR(change.ratio, 1.025, 1e-12);
  EXPECT_EQ(change.change, Change::kSame);
}

TEST(Compare, OneDisturbedRepetitionHidesNothing) {
  std::vector<double> before = around(1, 0.004), after = around(1.05, 0.004);
  before[9] = 1.8;
  after[9] = 1.4;
  after[8] = 1.3;
  const RowChange change = only(compared({row("a", before)}, {row("a", after)}));
  EXPECT_EQ(change.change, Change::kSlow);
  EXPECT_NEAR(change.ratio, 1.05, 1e-3);
}

TEST(Compare, FastestSamplesReplaceNoisyMedians) {
  ResultRow before = row("a", around(1.2, 0.15)), after = row("a", around(1.25, 0.15));
  before.least = around(1, 0.002);
  after.least = around(1.05, 0.002);
  const RowChange change = only(compared({before}, {after}));
  EXPECT_TRUE(change.of_least);
  EXPECT_EQ(change.change, Change::kSlow);
  EXPECT_NEAR(change.ratio, 1.05, 1e-12);
}

TEST(Compare, InvalidRowsAndRegressions) {
  ResultRow bad = row("a", {});
  bad.error = "INCORRECT: after timing";
  EXPECT_TRUE(compared({row("a", around(1, 0.01))}, {bad}).regression());
  EXPECT_FALSE(compared({bad}, {row("a", around(1, 0.01))}).regression());
  EXPECT_EQ(compared({bad}, {bad}).count(Change::kInvalid), 1u);
  EXPECT_TRUE(compared({row("a", around(1, 0.001))}, {row("a", around(1.1, 0.001))}).regression());
  EXPECT_FALSE(compared({row("a", around(1, 0.001))}, {row("a", around(0.9, 0.001))}).regression());
}

TEST(Compare, MeanIsOverTheMatchedRowsOnly) {
  const ResultComparison comparison = compared(
      {row("a", around(1, 0.001)), row("b", around(1, 0.001)), row("gone", around(1, 0.1))},
      {row("a", around(2, 0.001)), row("b", around(0.5, 0.001)), row("new", around(9, 0.1))});
  EXPECT_NEAR(comparison.geometric_mean, 1, 1e-12);
  EXPECT_EQ(comparison.matched, 2u);
  EXPECT_THAT(comparison.only_old, testing::ElementsAre("gone"));
  EXPECT_THAT(comparison.only_new, testing::ElementsAre("new"));
  EXPECT_THAT(comparison_text(comparison), HasSubstr("1 FAST, 1 SLOW"));
}

/// Skewed noise with a drift: 200 comparisons of 20 identical rows stay quiet, and a 5% change of
/// one row is found nearly always and alone.
TEST(Compare, FalseAlarmsAndPower) {
  std::mt19937_64 random(7);
  std::exponential_distribution<double> tail(1 / 0.004);
  int alarms = 0, found = 0;
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<ResultRow> before, after, slower;
    for (int r = 0; r < 20; ++r) {
      std::vector<double> a, b;
      for (int i = 0; i < 10; ++i) {
        a.push_back(1 + tail(random));
        b.push_back(1 + tail(random));
      }
      const std::string name = "row" + std::to_string(r);
      before.push_back(row(name, a));
      after.push_back(row(name, b));
      if (r == 3)
        for (double& seconds : b) seconds *= 1.05;
      slower.push_back(row(name, b));
    }
    const ResultComparison same = compared(before, after), changed = compared(before, slower);
    alarms += same.count(Change::kFast) + same.count(Change::kSlow) > 0;
    found += changed.rows[3].change == Change::kSlow && changed.count(Change::kSlow) == 1 &&
             changed.count(Change::kFast) == 0;
  }
  EXPECT_EQ(alarms, 0);
  EXPECT_GE(found, 98);
}

/// A busy machine: values in two heaps 10% apart, long tails. Identical rows stay without a verdict
/// of change: at most 1 of 200 comparisons of 4 rows has one.
TEST(Compare, NoisyMachinesMakeNoVerdicts) {
  std::mt19937_64 random(11);
  std::exponential_distribution<double> tail(1 / 0.05);
  std::normal_distribution<double> narrow(0, 0.005);
  std::bernoulli_distribution upper(0.5);
  int alarms = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    std::vector<ResultRow> sides[2];
    for (auto& side : sides)
      for (int r = 0; r < 4; ++r) {
        std::vector<double> seconds;
        for (int i = 0; i < 10; ++i)
          seconds.push_back(r % 2 ? 1 + tail(random)
                                  : 1 + (upper(random) ? 0.1 : 0) + narrow(random));
        side.push_back(row("row" + std::to_string(r), seconds));
      }
    const ResultComparison same = compared(sides[0], sides[1]);
    alarms += same.count(Change::kFast) + same.count(Change::kSlow) > 0;
  }
  EXPECT_LE(alarms, 5);
}

CompareSettings of_sessions() {
  CompareSettings settings;
  settings.sessions = true;
  return settings;
}

ResultComparison compared_sessions(std::vector<ResultRow> before, std::vector<ResultRow> after,
                                   const CompareSettings& settings = of_sessions()) {
  ResultFile old_file, new_file;
  old_file.rows = std::move(before);
  new_file.rows = std::move(after);
  return compare_results(old_file, new_file, settings);
}

/// What two sessions of one program look like: a row's repetitions agree within 0.5%, and each
/// session has the row elsewhere by 10%. 72 comparisons of 24 such rows; no row changed.
TEST(Compare, DriftBetweenSessionsIsNoChange) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> drift(0, 0.1), noise(0, 0.005);
  std::size_t alarms = 0, alarms_in_turn = 0;
  for (int trial = 0; trial < 72; ++trial) {
    std::vector<ResultRow> sides[2];
    for (auto& side : sides)
      for (int r = 0; r < 24; ++r) {
        const double centre = std::exp(drift(random));
        std::vector<double> seconds;
        for (int i = 0; i < 10; ++i) seconds.push_back(centre * std::exp(noise(random)));
        side.push_back(row("row" + std::to_string(r), seconds));
      }
    const auto changed = [](const ResultComparison& comparison) {
      return comparison.count(Change::kFast) + comparison.count(Change::kSlow);
    };
    alarms += changed(compared_sessions(sides[0], sides[1]));
    alarms_in_turn += changed(compared(sides[0], sides[1]));
  }
  EXPECT_LE(alarms, 8u);            // of 1728; 2 are expected
  EXPECT_GT(alarms_in_turn, 864u);  // as if the sides had run in turn: most rows
}

/// The typical of the other rows is drift; what stands out of it, and beyond 5%, is a change.
TEST(Compare, DriftIsWhatTheOtherRowsDid) {
  std::vector<ResultRow> before, after;
  const std::vector<double> ratios = {1.5, std::exp(0.01), std::exp(-0.02), std::exp(0.03),
                                      std::exp(-0.04)};
  for (std::size_t r = 0; r < ratios.size(); ++r) {
    before.push_back(row("row" + std::to_string(r), around(1, 0.002)));
    after.push_back(row("row" + std::to_string(r), around(ratios[r], 0.002)));
  }
  const ResultComparison comparison = compared_sessions(before, after);
  // 2 x 1.8 standard deviations, and 1 + 5 / 4 for four others; the median of |z| is 0.67449.
  EXPECT_NEAR(comparison.rows[0].threshold, std::exp(3.6 * 2.25 * 0.025 / 0.67449) - 1, 1e-6);
  EXPECT_NEAR(comparison.rows[1].threshold, std::exp(3.6 * 2.25 * 0.035 / 0.67449) - 1, 1e-6);
  EXPECT_EQ(comparison.rows[0].change, Change::kSlow);
  EXPECT_EQ(comparison.count(Change::kAmbiguous), 4u);
  EXPECT_THAT(comparison.rows[1].reason, HasSubstr("drift between the two sessions"));
  EXPECT_TRUE(comparison.regression());
  // A row alone has no others to tell: 5% it is.
  const auto alone = [](double ratio) {
    return only(compared_sessions({row("a", around(1, 0.002))}, {row("a", around(ratio, 0.002))}));
  };
  EXPECT_EQ(alone(1.06).change, Change::kSlow);
  EXPECT_EQ(alone(1.04).change, Change::kAmbiguous);
  EXPECT_THAT(alone(1.04).reason, HasSubstr("compare the two programs"));
  EXPECT_EQ(alone(1.015).change, Change::kSame);
}

TEST(Compare, FilesOfABusyMachineProveNoChange) {
  CompareSettings settings = of_sessions();
  settings.busy = true;
  for (const double ratio : {1.5, 0.5}) {
    const RowChange change = only(compared_sessions({row("a", around(1, 0.002))},
                                                    {row("a", around(ratio, 0.002))}, settings));
    EXPECT_EQ(change.change, Change::kAmbiguous);
    EXPECT_THAT(change.reason, HasSubstr("busy machine"));
  }
}

/// 4% more in every repetition, within a threshold that noise has made wide: not the same.
TEST(Compare, ASignificantChangeThatCountsIsNotTheSame) {
  const std::vector<double> before = around(1, 0.03), after = around(1.043, 0.03);
  const RowChange change = only(compared({row("a", before)}, {row("a", after)}));
  // quartiles 0.03 apart: sigma 0.03 / 1.349, of a median of ten 1.2533 sigma / sqrt(10)
  EXPECT_NEAR(change.threshold, 2 * 1.8 * 1.41421 * 1.2533 * 0.03 / 1.349 / 3.16228, 1e-4);
  ASSERT_LT(change.corrected_p, 0.01);
  ASSERT_GT(change.ratio_low, 1.02);
  EXPECT_EQ(change.change, Change::kAmbiguous);
  EXPECT_THAT(change.reason, HasSubstr("significant and within the noise"));
  EXPECT_EQ(only(compared({row("a", after)}, {row("a", before)})).change, Change::kAmbiguous);
}

TEST(Compare, NothingInCommonIsNoAnswer) {
  const ResultRow gone = row("gone", around(1, 0.1)), fresh = row("fresh", around(1, 0.1));
  EXPECT_THAT(error_of([&] { compared({gone}, {fresh}); }), HasSubstr("no row is in both"));
  EXPECT_THAT(error_of([&] { compared({gone}, {}); }), HasSubstr("the first gone"));
  EXPECT_THAT(error_of([&] { compared({}, {}); }), HasSubstr("no row is in both"));
}

TEST(Compare, AMeanOverNoRowIsNone) {
  ResultRow bad = row("a", {});
  bad.error = "INCORRECT: after timing";
  const ResultComparison comparison = compared({row("a", around(1, 0.01))}, {bad});
  EXPECT_THAT(comparison_text(comparison), HasSubstr("no row has a time on both sides"));
  EXPECT_THAT(comparison_json(comparison), HasSubstr("\"geometric_mean\":null"));
}

TEST(Compare, WarningsStandAheadOfTheFigures) {
  ResultComparison comparison = compared({row("a", around(1, 0.01))}, {row("a", around(1, 0.01))});
  comparison.warnings = {"old.json: STOPPED: 1 of 2 repetitions were not begun"};
  EXPECT_THAT(comparison_text(comparison), testing::StartsWith("old.json: STOPPED: 1 of 2"));
  EXPECT_THAT(comparison_markdown(comparison, {}, {}), HasSubstr("**old.json: STOPPED: 1 of 2"));
  EXPECT_THAT(comparison_json(comparison), HasSubstr("\"warnings\":[\"old.json: STOPPED: 1 of 2"));
}

/// A file may hold ceilings alone.
TEST(Compare, AnotherMachineIsOneByTheFactsThatAreTold) {
  const Facts here = {{"cpu", "x"}, {"cores", "2"}, {"commit", "1"}};
  EXPECT_THAT(machine_differences({{"cpu", "y"}, {"commit", "2"}}, here),
              testing::ElementsAre("cpu: y | x"));
  EXPECT_THAT(machine_differences({{"cores", "4"}}, here), testing::ElementsAre("cores: 4 | 2"));
  EXPECT_THAT(machine_differences({{"cpu", "x"}}, here), testing::IsEmpty());
  EXPECT_THAT(machine_differences({}, here), testing::IsEmpty());
}

TEST(Compare, OtherMachinesAreDecisiveOtherBuildsAreNot) {
  ResultFile a, b;
  a.context = {{"cpu", "x"}, {"commit", "1"}};
  b.context = {{"cpu", "y"}, {"commit", "2"}};
  EXPECT_THAT(context_differences(a, b, true), testing::ElementsAre("cpu: x | y"));
  EXPECT_THAT(context_differences(a, b, false), testing::ElementsAre("commit: 1 | 2"));
}

TEST(ResultFile, KnowsTheUnitsOfGoogleBenchmarkAlone) {
  const auto with = [](const std::string& unit) {
    return R"({"context": {}, "benchmarks": [{"name": "a", "real_time": 3, "time_unit": ")" + unit +
           "\"}]}";
  };
  for (const auto& [unit, seconds] :
       {std::pair{"ns", 3e-9}, {"us", 3e-6}, {"ms", 3e-3}, {"s", 3.0}})
    EXPECT_DOUBLE_EQ(parse_results(with(unit), "x").rows.at(0).seconds.at(0), seconds) << unit;
  EXPECT_THAT(error_of([&] { (void)parse_results(with("min"), "x.json"); }),
              testing::AllOf(HasSubstr("time_unit is none of ns, us, ms and s: min"),
                             testing::EndsWith("x.json")));
}

TEST(ResultFile, ReadsGoogleBenchmarkAndRefusesTheRest) {
  const ResultFile file = parse_results(
      R"({"context": {"cpu": "x", "ceiling/read/threads:1": "2.5e9"}, "benchmarks": [
        {"name": "a/b/iterations:1/repeats:2/manual_time", "run_type": "iteration",
         "real_time": 2.0, "time_unit": "us", "min_us": 1.5},
        {"name": "a/b/iterations:1/repeats:2/manual_time", "run_type": "iteration",
         "real_time": 3.0, "time_unit": "us", "min_us": 1.75},
        {"name": "a/b/iterations:1/repeats:2/manual_time_mean", "run_type": "aggregate",
         "real_time": 2.5, "time_unit": "us"}]})",
      "x.json");
  ASSERT_EQ(file.rows.size(), 1u);
  EXPECT_EQ(file.rows[0].name, "a/b");
  ASSERT_EQ(file.rows[0].seconds.size(), 2u);
  EXPECT_DOUBLE_EQ(file.rows[0].seconds[1], 3e-6);
  EXPECT_DOUBLE_EQ(file.rows[0].least[0], 1.5e-6);
  EXPECT_DOUBLE_EQ(stored_ceilings(file).at("read/threads:1"), 2.5e9);
  EXPECT_THROW(parse_results("{}", "x.json"), UserError);
  EXPECT_THROW(parse_results("{\"context\": {}, \"benchmarks\": [{}]}", "x.json"), UserError);
}

}  // namespace
}  // namespace flm::bench
