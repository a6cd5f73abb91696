// What is said of a series that is there: noise, spikes, smoothing, extrapolation, the log's axis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "reports/track/schedule.h"
#include "reports/tracking.h"
#include "tests/error_of.h"
#include "tests/reports/track/made_series.h"

namespace flm {
namespace {

/// 50 + 100 x^-0.5 nats in 100 bytes, the same in each of three documents but for a little.
MadeDomains falling(double step, double more = 0) {
  const double nats = 50 + 1000 / std::sqrt(step) + more;
  return {{"prose", {{nats, 100, 25}, {nats + 0.1, 100, 25}, {nats - 0.1, 100, 25}}}};
}

TrackedSeries series_of(MadeStore& store, TrackingRequest request) {
  request.series = {"s"};
  return build_tracking(*store, request).series.at(0);
}

TEST(Fits, ASpikeIsFoundWithItsRecovery) {
  MadeStore store;
  for (int step = 100; step <= 1500; step += 100)
    store.add("s", {.step = step}, falling(step, step == 1200 ? 30 : 0.01 * (step % 3)));
  const TrackedSeries series = series_of(store, {});
  ASSERT_EQ(series.curves[0].spikes.size(), 1U);
  const EvaluatedSpike& spike = series.curves[0].spikes[0];
  EXPECT_EQ(spike.step, 1200);
  EXPECT_EQ(spike.recovered, 1300);
  EXPECT_FALSE(series.curves[0].values[3]->checkpoint_noise) << "four points are not enough";
  EXPECT_TRUE(series.curves[0].values[4]->checkpoint_noise);
  EXPECT_FALSE(series.curves[0].values[11]->checkpoint_noise) << "a spike is no noise";
  EXPECT_LT(*series.curves[0].values[12]->checkpoint_noise, 0.01);
}

TEST(Fits, APowerLawIsExtrapolatedWithItsBacktest) {
  MadeStore store;
  for (int step = 100; step <= 1000; step += 100) store.add("s", {.step = step}, falling(step));
  const TrackedSeries series = series_of(store, {.extrapolate = 2000});
  const TrackedCurve& head = series.curves[0];
  ASSERT_TRUE(head.extrapolated) << head.not_extrapolated;
  EXPECT_NEAR(head.extrapolated->value, (50 + 1000 / std::sqrt(2000)) / 100 / std::log(2), 1e-6);
  EXPECT_NEAR(head.extrapolated->exponent, 0.5, 1e-4);
  EXPECT_LT(head.extrapolated->backtest_error, 1e-6);
  EXPECT_EQ(series_of(store, {.extrapolate = 5000}).curves[0].not_extrapolated,
            "further than 4 times the last checkpoint");
}

TrainingLog log_with(const std::vector<std::pair<int, double>>& rates) {
  TrainingLog out;
  for (const auto& [step, rate] : rates) {
    out.live.points.push_back({});
    out.live.points.back().step = step;
    out.live.points.back().learning_rate = rate;
  }
  return out;
}

TEST(Fits, NoExtrapolationAcrossAChangeOfTheSchedule) {
  MadeStore store;
  for (int step = 100; step <= 1000; step += 100) store.add("s", {.step = step}, falling(step));
  const TrainingLog decay = log_with(
      {{1, 0.1}, {100, 1}, {300, 1}, {500, 1}, {700, 1}, {800, 0.7}, {900, 0.4}, {1000, 0.1}});
  EXPECT_EQ(series_of(store, {.logs = {decay}, .extrapolate = 2000}).curves[0].not_extrapolated,
            "the schedule of the learning rate changes at step 800");
}

/// The first checkpoint of the changed schedule is the last one: it already is of another curve.
TEST(Fits, NoExtrapolationFromAChangeAtTheLastCheckpoint) {
  MadeStore store;
  for (int step = 100; step <= 800; step += 100) store.add("s", {.step = step}, falling(step));
  const auto refused = [&](int change) {
    const TrainingLog decay = log_with(
        {{1, 0.1}, {100, 1}, {300, 1}, {500, 1}, {700, 1}, {change, 0.7}, {900, 0.4}, {1000, 0.1}});
    return series_of(store, {.logs = {decay}, .extrapolate = 2000}).curves[0].not_extrapolated;
  };
  EXPECT_EQ(refused(800), "the schedule of the learning rate changes at step 800");
  EXPECT_EQ(refused(801), "");
}

TEST(Fits, TheFirstStepAtTheHighestRateIsPartOfThePowerLaw) {
  MadeStore store;
  for (int step = 100; step <= 1000; step += 100) store.add("s", {.step = step}, falling(step));
  const TrainingLog warms = log_with({{1, 0.1}, {100, 0.5}, {200, 1}, {600, 1}, {1000, 1}});
  const auto out = series_of(store, {.logs = {warms}, .extrapolate = 2000}).curves[0].extrapolated;
  ASSERT_TRUE(out);
  EXPECT_EQ(out->points, 9) << "200 to 1000";
}

TEST(Schedule, IsReadFromTheRates) {
  const auto cosine = schedule_of(log_with({{1, 0.5},
                                            {2, 1},
                                            {3, .93},
                                            {4, .75},
                                            {5, .5},
                                            {6, .2},
                                            {7, .1},
                                            {8, .05},
                                            {9, .02},
                                            {10, .01},
                                            {11, .005}}));
  EXPECT_EQ(cosine->warmed_up, 2);
  EXPECT_FALSE(cosine->change);
  const auto jump = schedule_of(log_with({{1, 1}, {2, 0.9}, {3, 0.8}, {4, 120}, {5, 0.6}}));
  EXPECT_EQ(jump->change, 4);
  EXPECT_FALSE(schedule_of(log_with({})));
}

TEST(Fits, SmoothingStopsAtAGap) {
  MadeStore store;
  for (int step = 100; step <= 600; step += 100)
    if (step == 300)
      store.add("s", {.step = step, .state = "broken", .reason = "torn"});
    else
      store.add("s", {.step = step}, falling(step));
  const TrackedCurve curve = series_of(store, {.smooth = 400}).curves[0];
  ASSERT_EQ(curve.smoothed.size(), 6U);
  EXPECT_NEAR(*curve.smoothed[1], (curve.values[0]->value + curve.values[1]->value) / 2, 1e-12);
  EXPECT_FALSE(curve.smoothed[2]);
  EXPECT_NEAR(*curve.smoothed[3],
              (curve.values[3]->value + curve.values[4]->value + curve.values[5]->value) / 3,
              1e-12);
}

TEST(SeriesChanges, ArePairedOverTheLastPointsThatHaveAValue) {
  MadeStore store;
  for (int step = 100; step <= 700; step += 100)
    if (step == 600)
      store.add("s", {.step = step, .state = "broken", .reason = "torn"});
    else
      store.add("s", {.step = step}, falling(step));
  const TrackedSeries series = series_of(store, {});
  std::vector<SeriesChange> over = series_changes(*store, series, 3);
  EXPECT_GT(std::erase_if(over, [](const SeriesChange& one) { return !one.main; }), 0U);
  ASSERT_EQ(over.size(), 2U) << "the main figures of the group and of its task";
  EXPECT_EQ(over[0].from, "step_300");
  EXPECT_EQ(over[0].to, "step_700");
  EXPECT_NEAR(*over[0].change, (1000 / std::sqrt(700) - 1000 / std::sqrt(300)) / 100 / std::log(2),
              1e-12);
  // Every document moved alike: the ratio's change has no error but rounding.
  EXPECT_NEAR(*over[1].change_stderr, 0, 1e-12);
  EXPECT_EQ(series_changes(*store, series, 6)[0].reason,
            "6 checkpoints have a value, 7 are wanted");
}

/// Logits that overflow fail every item.
MadeDomains diverged() {
  MadeDomains out = falling(100);
  for (auto& [domain, documents] : out)
    for (MadeDocument& document : documents) document.failure = "logits are not finite";
  return out;
}

std::string reason_of(MadeStore& store, int over) {
  return series_changes(*store, series_of(store, {}), over).at(0).reason;
}

// The figure of the one before it says nothing of the newest.
TEST(SeriesChanges, EndAtTheLastCheckpointOrAreNone) {
  MadeStore store;
  for (int step : {100, 200, 300}) store.add("s", {.step = step}, falling(step));
  EXPECT_EQ(reason_of(store, 1), "");
  store.add("s", {.step = 400, .state = "incomplete", .reason = "shard 2 of 4 is missing"});
  store.add("s", {.step = 450, .state = "deleted"});
  EXPECT_EQ(reason_of(store, 1), "") << "what is not there yet, or no more, is judged by nobody";
  store.add("s", {.step = 500, .state = "failed", .reason = "NaN in lm_head.weight"});
  EXPECT_EQ(reason_of(store, 1),
            "the last checkpoint, step_500, has no value: failed: NaN in lm_head.weight");
  store.add("s", {.step = 600}, diverged());
  EXPECT_THAT(reason_of(store, 1),
              testing::StartsWith("the last checkpoint, step_600, has no value: N/A: 1 of 1 tasks "
                                  "without a final score, bpb_prose the first; the first failure: "
                                  "logits are not finite"));
  store.add("s", {.step = 700}, falling(700));
  const SeriesChange over = series_changes(*store, series_of(store, {}), 1).at(0);
  EXPECT_EQ(over.from, "step_300") << "the last one before it that has a value";
  EXPECT_EQ(over.to, "step_700");
}

TEST(SeriesChanges, AreNoneOfATaskThatTheLastCheckpointWasNotAskedFor) {
  MadeStore store;
  for (int step : {100, 200, 300}) {
    MadeDomains domains = falling(step);
    if (step < 300) domains["code"] = domains["prose"];
    store.add("s", {.step = step}, domains);
  }
  for (const SeriesChange& change : series_changes(*store, series_of(store, {}), 1))
    EXPECT_EQ(change.reason,
              change.task == "bpb_code"
                  ? "the last checkpoint, step_300, has no value: not scored at this checkpoint"
                  : "")
        << change.task;
}

// Whoever scores a series for one task and then for another has two runs of each checkpoint.
TEST(SeriesChanges, AreOfEveryRunOfACheckpoint) {
  MadeStore store;
  const auto add = [&](int step, const std::string& created, const std::string& domain) {
    MadeDomains domains = {{domain, falling(step).at("prose")}};
    store.add("s", {.step = step, .created = created, .run = domain + std::to_string(step)},
              domains);
  };
  for (int step : {100, 200, 300}) add(step, "2026-11-24T20:30:13Z", "prose");
  for (int step : {100, 200, 300}) add(step, "2026-11-25T20:30:13Z", "code");
  const std::vector<SeriesChange> over = series_changes(*store, series_of(store, {}), 2);
  const double expected = (1000 / std::sqrt(300) - 1000 / std::sqrt(100)) / 100 / std::log(2);
  for (const char* task : {"bpb_prose", "bpb_code"}) {
    const auto change = std::find_if(over.begin(), over.end(),
                                     [&](const SeriesChange& one) { return one.task == task; });
    ASSERT_NE(change, over.end()) << task;
    ASSERT_TRUE(change->change) << task << ": " << change->reason;
    EXPECT_NEAR(*change->change, expected, 1e-12) << task;
    EXPECT_NEAR(*change->change_stderr, 0, 1e-12) << task;
  }
}

TEST(Fits, TimeStandsStillBetweenAttempts) {
  MadeStore store;
  for (int step : {60, 80, 120}) store.add("s", {.step = step}, falling(step));
  TrainingLog log;
  // Ten seconds a step of 20; a night between the attempts.
  for (const auto& [step, seconds] : std::vector<std::pair<int, double>>{
           {40, 1000}, {60, 1010}, {80, 50000}, {100, 50010}, {120, 50020}}) {
    log.live.points.push_back({});
    log.live.points.back().step = step;
    log.live.points.back().seconds = seconds;
  }
  log.restarts = {60};
  const TrackedSeries series = series_of(store, {.axis = SeriesAxis::kTime, .logs = {log}});
  EXPECT_EQ(series.points[0].seconds, 10);
  EXPECT_EQ(series.points[1].seconds, 10);
  EXPECT_EQ(series.points[2].x, 30 / 3600.0);
}

/// The series over its steps, which is what it is without tokens.
std::vector<std::optional<double>> noise_of(const TrackedSeries& series) {
  std::vector<std::optional<double>> out;
  for (const auto& value : series.curves.at(0).values) out.push_back(value->checkpoint_noise);
  return out;
}

/// A batch's tokens in place of all, and a count that runs backwards.
TEST(Fits, TokensThatDoNotRiseAreNoPlace) {
  const auto scatter = [](int step) { return falling(step, 0.02 * (step % 7)); };
  MadeStore plain;
  for (int step = 100; step <= 800; step += 100) plain.add("s", {.step = step}, scatter(step));
  const auto expected = noise_of(series_of(plain, {}));
  ASSERT_TRUE(expected.back());
  for (const int by : {0, -100}) {
    MadeStore store;
    for (int step = 100; step <= 800; step += 100)
      store.add("s", {.step = step, .tokens = std::to_string(9000 + by * (step / 100))},
                scatter(step));
    const Tracking tracking = build_tracking(*store, {.series = {"s"}});
    EXPECT_EQ(noise_of(tracking.series[0]), expected) << by;
    EXPECT_THAT(tracking.warnings, testing::ElementsAre(testing::HasSubstr(
                                       "the checkpoints' tokens do not rise from step to step")));
    EXPECT_FALSE(tracking.series[0].points[3].tokens);
    EXPECT_THAT(error_of([&] { series_of(store, {.axis = SeriesAxis::kTokens}); }),
                testing::HasSubstr("on the axis of tokens"));
    EXPECT_EQ(series_of(store, {.axis = SeriesAxis::kTokens, .tokens_per_step = 10}).points[3].x,
              4000.0)
        << "another source takes their place";
  }
}

/// nanotron prints three digits: 1.23T stands still for some checkpoints.
TEST(Fits, PrintedTokensThatStandStillAreAnAxisAndNoPlaceOfAFit) {
  MadeStore store, plain;
  TrainingLog log;
  log.format = "nanotron";
  for (int step = 100; step <= 800; step += 100) {
    store.add("s", {.step = step}, falling(step, 0.02 * (step % 7)));
    plain.add("s", {.step = step}, falling(step, 0.02 * (step % 7)));
    log.live.points.push_back({});
    log.live.points.back().step = step;
    log.live.points.back().tokens = step < 200 ? 1.22e12 : 1.23e12;
  }
  const TrackedSeries series = series_of(store, {.axis = SeriesAxis::kTokens, .logs = {log}});
  EXPECT_EQ(noise_of(series), noise_of(series_of(plain, {})));
  EXPECT_EQ(series.points[7].x, 1.23e12);
}

TEST(Fits, OfTwoSourcesThatFallTheCheckpointsOwnIsKept) {
  MadeStore store;
  TrainingLog log;
  for (int step : {100, 200, 300}) {
    store.add("s", {.step = step, .tokens = step == 200 ? "" : std::to_string(1000 * step)},
              falling(step));
    log.live.points.push_back({});
    log.live.points.back().step = step;
    log.live.points.back().tokens = 10.0 * step;
  }
  const Tracking tracking = build_tracking(*store, {.series = {"s"}, .logs = {log}});
  EXPECT_EQ(tracking.series[0].points[0].tokens, 100'000.0);
  EXPECT_FALSE(tracking.series[0].points[1].tokens);
  EXPECT_THAT(
      tracking.warnings,
      testing::ElementsAre(testing::EndsWith("step_100 100000 (checkpoint), step_200 2000 (log)")));
}

/// An hour back at step 60, and an evaluation of step 70 whose line comes after that of step 80.
TEST(Fits, AClockThatGoesBackCountsNoTime) {
  MadeStore store;
  for (int step : {20, 40, 60, 70, 80}) store.add("s", {.step = step}, falling(step));
  TrainingLog log;
  for (const auto& [step, seconds] : std::vector<std::pair<int, double>>{
           {20, 5000}, {40, 5100}, {60, 1600}, {70, 1750}, {80, 1700}}) {
    log.live.points.push_back({});
    log.live.points.back().step = step;
    log.live.points.back().seconds = seconds;
    if (step != 70) log.live.points.back().loss = 3;
  }
  const TrackedSeries series =
      series_of(store, {.axis = SeriesAxis::kTime, .logs = {log}, .smooth = 1});
  std::vector<double> seconds;
  for (const TrackedPoint& point : series.points) seconds.push_back(*point.seconds);
  EXPECT_THAT(seconds, testing::ElementsAre(0, 100, 100, 200, 200));
  for (const auto& value : series.curves[0].smoothed) EXPECT_TRUE(std::isfinite(*value));
}

}  // namespace
}  // namespace flm
