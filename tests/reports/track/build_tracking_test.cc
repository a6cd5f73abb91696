// What stands in a Tracking: values as `flmeval report` has them, changes over the same documents,
// gaps with reasons, and which points are the line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/errors.h"
#include "reports/report.h"
#include "reports/tracking.h"
#include "tests/error_of.h"
#include "tests/reports/track/made_series.h"

namespace flm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const TrackedCurve& curve_of(const TrackedSeries& series, const std::string& task,
                             const std::string& metric) {
  for (const TrackedCurve& curve : series.curves)
    if (curve.task == task && curve.metric.starts_with(metric)) return curve;
  throw std::runtime_error("no curve " + task + " " + metric);
}

/// Three documents of 100, 200 and 100 bytes in prose, two in code.
MadeDomains domains(double a, double b, double c) {
  return {{"prose", {{a, 100, 25}, {b, 200, 50}, {c, 100, 25}}},
          {"code", {{2 * a, 100, 40}, {2 * b, 100, 40}}}};
}

TEST(BuildTracking, ValuesAreThoseOfTheReport) {
  MadeStore store;
  for (int step : {100, 200, 300})
    store.add("s", {.step = step}, domains(90.0 - step / 10, 150.0 - step / 7, 80.0));
  const Tracking tracking = build_tracking(*store, {.series = {"s"}});
  const TrackedSeries& series = tracking.series.at(0);
  ASSERT_EQ(series.points.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    std::size_t figures = 0;
    for (const ReportRow& row : build_report(*store, series.points[i].record.run, 0).rows)
      for (const Score& score : row.scores) {
        const TrackedCurve& curve = curve_of(series, row.name, score.metric);
        ASSERT_TRUE(curve.values[i]) << row.name << " " << score.metric;
        EXPECT_EQ(curve.values[i]->value, score.value);
        EXPECT_EQ(curve.values[i]->stderr_value, score.stderr_value);
        EXPECT_EQ(curve.values[i]->low, score.low);
        ++figures;
      }
    EXPECT_EQ(figures, series.curves.size());
  }
  EXPECT_EQ(series.curves[0].task, "bpb");
  EXPECT_TRUE(series.curves[0].headline);
}

TEST(BuildTracking, AChangeIsPairedOverTheSameDocuments) {
  MadeStore store;
  store.add("s", {.step = 100}, domains(90, 150, 80));
  // Other ids, the same documents: pairing goes by what they are.
  store.add("s", {.step = 200, .first_doc_id = 7}, domains(80, 144, 82));
  const Tracking tracking = build_tracking(*store, {.series = {"s"}});
  const TrackedCurve& prose = curve_of(tracking.series[0], "bpb_prose", "bpb@");
  EXPECT_FALSE(prose.values[0]->change);
  // By hand: R = 320 / 400 = 0.8 and 306 / 400 = 0.765; each item moves the ratio by
  // (e_b - e_a) / 400 with e = nats - R bytes: (3.5 - 10, -9 + 10, 5.5 - 0) / 400 = (-6.5, 1, 5.5).
  const double ln2 = std::log(2);
  EXPECT_NEAR(*prose.values[1]->change, (306.0 - 320.0) / 400 / ln2, 1e-15);
  const double squares = 6.5 * 6.5 + 1 + 5.5 * 5.5;
  EXPECT_NEAR(*prose.values[1]->change_stderr, std::sqrt(1.5 * squares) / 400 / ln2, 1e-15);
}

TEST(BuildTracking, AGroupsChangeComesFromItsMembers) {
  MadeStore store;
  store.add("s", {.step = 100}, domains(90, 150, 80));
  store.add("s", {.step = 200}, domains(80, 144, 82));
  const Tracking tracking = build_tracking(*store, {.series = {"s"}});
  const TrackedSeries& series = tracking.series[0];
  const TrackedValue& prose = *curve_of(series, "bpb_prose", "bpb@").values[1];
  const TrackedValue& code = *curve_of(series, "bpb_code", "bpb@").values[1];
  const TrackedValue& macro = *curve_of(series, "bpb", "bpb_macro").values[1];
  EXPECT_NEAR(*macro.change, (*prose.change + *code.change) / 2, 1e-15);
  EXPECT_NEAR(*macro.change_stderr, std::hypot(*prose.change_stderr, *code.change_stderr) / 2,
              1e-15);
  const TrackedValue& micro = *curve_of(series, "bpb", "bpb_micro").values[1];
  EXPECT_NEAR(*micro.change, (306.0 + 448 - 320 - 480) / 600 / std::log(2), 1e-14);
  EXPECT_NEAR(*micro.change, micro.value - curve_of(series, "bpb", "bpb_micro").values[0]->value,
              1e-14);
  EXPECT_GT(*micro.change_stderr, 0);
  EXPECT_EQ(*curve_of(series, "bpb", "tokens_per_byte").values[1]->change, 0);
}

TEST(BuildTracking, ACheckpointWithoutFiguresIsAGapWithItsReason) {
  MadeStore store;
  store.add("s", {.step = 100}, domains(90, 150, 80));
  store.add("s", {.step = 200, .state = "incomplete", .reason = "shard 2 of 4 is missing"});
  store.add("s", {.step = 300}, domains(80, 144, 82));
  const Tracking tracking = build_tracking(*store, {.series = {"s"}});
  const TrackedCurve& prose = curve_of(tracking.series[0], "bpb_prose", "bpb@");
  EXPECT_FALSE(prose.values[1]);
  EXPECT_THAT(prose.gaps, ElementsAre("", "incomplete: shard 2 of 4 is missing", ""));
  EXPECT_TRUE(prose.values[2]->change) << "since the last checkpoint that has a value";
  EXPECT_THAT(tracking.warnings, IsEmpty());
}

TEST(BuildTracking, TheLaterFileOfAStepIsOnTheLine) {
  MadeStore store;
  store.add("s", {.step = 100}, domains(90, 150, 80));
  store.add("s", {.step = 200, .weights = "old", .written = "2000", .run = "old"},
            domains(70, 140, 80));
  store.add(
      "s",
      {.step = 200, .weights = "new", .written = "3000", .run = "new", .folder = "/models/again"},
      domains(80, 144, 82));
  const TrackedSeries series = build_tracking(*store, {.series = {"s"}}).series[0];
  ASSERT_EQ(series.points.size(), 3U);
  const std::size_t old = series.points[1].record.run == "old" ? 1 : 2, now = 3 - old;
  EXPECT_EQ(series.points[old].state, "superseded");
  EXPECT_TRUE(series.points[now].on_line());
  const TrackedCurve& prose = curve_of(series, "bpb_prose", "bpb@");
  EXPECT_TRUE(prose.values[old]) << "both are kept";
  EXPECT_FALSE(prose.values[old]->change);
  EXPECT_NEAR(*prose.values[now]->change, -14.0 / 400 / std::log(2), 1e-15);
  EXPECT_THAT(build_tracking(*store, {.series = {"s"}}).warnings,
              ElementsAre(HasSubstr("/models/again/step_200 (weights new) was written later and is "
                                    "on the line, /models/s/step_200 (weights old) is not")));
}

TEST(BuildTracking, EqualWeightsAtTwoStepsAreToldOf) {
  MadeStore store;
  store.add("s", {.step = 100, .weights = "same"}, domains(90, 150, 80));
  store.add("s", {.step = 200, .weights = "same"}, domains(90, 150, 80));
  EXPECT_THAT(build_tracking(*store, {.series = {"s"}}).warnings,
              ElementsAre(HasSubstr("equal: step_100 and step_200")));
}

TEST(BuildTracking, AnotherProtocolIsNotJoined) {
  MadeStore store;
  store.add("s", {.step = 100, .protocol = "old", .created = "2026-11-23T00:00:00Z"},
            domains(90, 150, 80));
  store.add("s", {.step = 200}, domains(80, 144, 82));
  store.add("s", {.step = 300}, domains(70, 140, 80));
  const Tracking tracking = build_tracking(*store, {.series = {"s"}});
  const TrackedCurve& prose = curve_of(tracking.series[0], "bpb_prose", "bpb@");
  EXPECT_FALSE(prose.values[0]);
  EXPECT_EQ(prose.gaps[0], "other protocol");
  EXPECT_FALSE(prose.values[1]->change);
  EXPECT_THAT(tracking.warnings,
              ElementsAre(HasSubstr("another protocol than the line and not on it: step_100")));
}

TEST(BuildTracking, OtherDataOfATaskIsNotJoined) {
  MadeStore store;
  store.add("s", {.step = 100, .data = "old", .created = "2026-11-23T00:00:00Z"},
            domains(90, 150, 80));
  store.add("s", {.step = 200}, domains(80, 144, 82));
  const Tracking tracking = build_tracking(*store, {.series = {"s"}});
  const TrackedCurve& prose = curve_of(tracking.series[0], "bpb_prose", "bpb@");
  EXPECT_FALSE(prose.values[0]);
  EXPECT_EQ(prose.gaps[0], "other data or another definition of the task");
}

/// One of the three documents was chosen at the first checkpoint, by --limit.
TEST(BuildTracking, AnotherNumberOfDocumentsIsNotJoined) {
  MadeStore store;
  store.add("s", {.step = 100, .created = "2026-11-23T00:00:00Z"}, {{"prose", {{90, 100, 25}}}});
  store.add("s", {.step = 200}, domains(80, 144, 82));
  const Tracking tracking = build_tracking(*store, {.series = {"s"}});
  const TrackedCurve& prose = curve_of(tracking.series[0], "bpb_prose", "bpb@");
  EXPECT_FALSE(prose.values[0]);
  EXPECT_EQ(prose.gaps[0], "other data or another definition of the task");
}

TEST(BuildTracking, ACallSeesTheRunsThatAnswerItWhateverWasScoredSince) {
  MadeStore store;
  store.add("s", {.step = 100, .run = "asked-1"}, domains(90, 150, 80));
  store.add("s", {.step = 200, .run = "asked-2"}, domains(80, 144, 82));
  store.add("s", {.step = 200, .data = "other", .created = "2026-11-26T00:00:00Z", .run = "later"},
            domains(10, 20, 30));
  const Tracking asked = build_tracking(*store, {.series = {"s"}, .runs = {"asked-1", "asked-2"}});
  const TrackedCurve& prose = curve_of(asked.series[0], "bpb_prose", "bpb@");
  ASSERT_TRUE(prose.values[0] && prose.values[1]);
  EXPECT_TRUE(prose.values[1]->change);
  EXPECT_EQ(asked.series[0].points[1].record.run, "asked-2");
  const Tracking newest = build_tracking(*store, {.series = {"s"}});
  EXPECT_EQ(newest.series[0].points[1].record.run, "later");
}

TEST(BuildTracking, StepZeroStandsAtZeroAndAnAxisHasOneSource) {
  MadeStore store;
  store.add("s", {.step = 0}, domains(90, 150, 80));
  store.add("s", {.step = 100}, domains(80, 144, 82));
  TrainingLog log;
  TrainingPoint point;
  point.step = 100;
  point.tokens = 4096;
  log.live.points = {point};
  const Tracking logged =
      build_tracking(*store, {.series = {"s"}, .axis = SeriesAxis::kTokens, .logs = {log}});
  EXPECT_EQ(logged.series[0].points[0].x, 0);
  EXPECT_EQ(logged.series[0].points[1].x, 4096);
  const Tracking assumed = build_tracking(
      *store, {.series = {"s"}, .axis = SeriesAxis::kTokens, .logs = {log}, .tokens_per_step = 7});
  EXPECT_EQ(assumed.series[0].points[1].x, 700);
}

/// A log begins with its first step; training began at 0.
TEST(BuildTracking, StepZeroStandsAtTheBeginningOfTheTime) {
  MadeStore store;
  store.add("s", {.step = 0}, domains(90, 150, 80));
  store.add("s", {.step = 100}, domains(80, 144, 82));
  TrainingLog log;
  for (const auto& [step, seconds] : std::map<int, double>{{50, 5000}, {100, 8600}}) {
    TrainingPoint point;
    point.step = step;
    point.seconds = seconds;
    log.live.points.push_back(point);
  }
  const Tracking tracking =
      build_tracking(*store, {.series = {"s"}, .axis = SeriesAxis::kTime, .logs = {log}});
  EXPECT_EQ(tracking.series[0].points[0].x, 0);
  EXPECT_EQ(tracking.series[0].points[1].x, 1) << "an hour since the first line";
}

TEST(BuildTracking, TheSameIdentityTwiceIsShownOnceAndCompared) {
  MadeStore store;
  store.add("s", {.step = 100, .run = "first"}, domains(90, 150, 80));
  store.add("s", {.step = 100, .created = "2026-11-25T00:00:00Z", .run = "again"},
            domains(90, 150, 80));
  EXPECT_EQ(build_tracking(*store, {.series = {"s"}}).series[0].points.size(), 1U);
  EXPECT_THAT(build_tracking(*store, {.series = {"s"}}).warnings, IsEmpty());
  store.add("s", {.step = 100, .created = "2026-11-26T00:00:00Z", .run = "odd"},
            domains(90, std::nextafter(150, 151), 80));
  EXPECT_THAT(build_tracking(*store, {.series = {"s"}}).warnings,
              testing::Contains(HasSubstr("two runs of step_100 differ in bpb_prose")));
}

TEST(BuildTracking, AnUnknownSeriesNamesTheKnownOnes) {
  MadeStore store;
  store.add("nano", {.step = 100}, domains(90, 150, 80));
  EXPECT_THAT(error_of([&] { build_tracking(*store, {.series = {"namo"}}); }),
              HasSubstr("did you mean nano?"));
}

TEST(BuildTracking, AnAxisWithoutASourceIsRefused) {
  MadeStore store;
  store.add("s", {.step = 100, .tokens = "1000"}, domains(90, 150, 80));
  store.add("s", {.step = 200}, domains(80, 144, 82));
  EXPECT_THAT(
      error_of([&] { build_tracking(*store, {.series = {"s"}, .axis = SeriesAxis::kTokens}); }),
      testing::AllOf(HasSubstr("--tokens-per-step"), testing::EndsWith(": step_200")));
  const TrackedSeries series =
      build_tracking(*store, {.series = {"s"}, .axis = SeriesAxis::kFlops, .tokens_per_step = 9})
          .series[0];
  EXPECT_EQ(series.points[0].x, 6 * 1000.0 * 1000);
  EXPECT_EQ(series.points[1].x, 6 * 1000.0 * 1800);
  EXPECT_EQ(series.points[0].tokens_source, "checkpoint");
  EXPECT_EQ(series.points[1].tokens_source, "assumed");
}

/// What was scored at the last step is gone, and what lies there now has no figure.
TEST(BuildTracking, AStepThatWasWrittenAgainAndCannotBeScoredHasNoFigure) {
  for (const std::string state : {"failed", "broken", "refused", "changed", "incomplete"}) {
    MadeStore store;
    store.add("s", {.step = 100}, domains(90, 150, 80));
    store.add("s", {.step = 200, .written = "2000"}, domains(80, 144, 82));
    store.add("s", {.step = 200, .written = "3000", .state = state, .reason = "why"});
    const Tracking tracking = build_tracking(*store, {.series = {"s"}});
    const TrackedSeries& series = tracking.series[0];
    const SeriesChange change = series_changes(*store, series, 1).at(0);
    if (state == "incomplete") {
      EXPECT_EQ(change.to, "step_200") << "it is being written: nobody knows yet";
      EXPECT_THAT(tracking.warnings, IsEmpty());
      continue;
    }
    EXPECT_EQ(change.reason, "the last checkpoint, step_200, has no value: " + state + ": why");
    EXPECT_THAT(tracking.warnings, ElementsAre(HasSubstr("step 200 was written again")));
    EXPECT_THAT(render_tracking_text(tracking, 80), HasSubstr("step_100")) << "Last is step 100's";
    EXPECT_THAT(tracking_json(tracking), HasSubstr("superseded"));
  }
}

/// A copy keeps old times; what was scored and is scored no more elsewhere says nothing of the
/// line.
TEST(BuildTracking, WhatFailedBeforeAStepWasScoredTakesNothing) {
  const auto last = [](const std::string& written, const std::string& folder) {
    MadeStore store;
    store.add("s", {.step = 100}, domains(90, 150, 80));
    store.add("s", {.step = 200, .written = "2000"}, domains(80, 144, 82));
    store.add("s", {.step = 200, .written = written, .state = "failed", .folder = folder});
    return build_tracking(*store, {.series = {"s"}}).series[0].points.back().on_line();
  };
  EXPECT_TRUE(last("2000", "")) << "the same files, under other flags";
  EXPECT_FALSE(last("1000", "")) << "an older file lies there now";
  EXPECT_TRUE(last("1000", "/models/elsewhere"));
  EXPECT_FALSE(last("3000", "/models/elsewhere"));
}

}  // namespace
}  // namespace flm
