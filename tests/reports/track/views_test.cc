// Every view of a series, against its approved text, and what does not change its bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>

#include "base/system/files.h"
#include "reports/figures/display_width.h"
#include "reports/tracking.h"
#include "reports/views/tracking/curve_remarks.h"
#include "reports/views/tracking/curves_of_tracking.h"
#include "reports/views/tracking/tracking_csv.h"
#include "tests/reports/track/made_series.h"
#include "tests/reports/views/approved_text.h"

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;

struct MadePoint {
  int step = 0;
  double more = 0;
};

MadeDomains domains_at(int step, double more) {
  const double nats = 55 + 300 / std::sqrt(step) + more;
  return {{"en/code", {{nats, 100, 40}, {nats + 8, 110, 41}, {nats - 4, 90, 38}}},
          {"中文/网页", {{nats * 1.5, 100, 30}, {nats * 1.5 + 3, 120, 31}}}};
}

TrainingLog log_with_a_restart() {
  TrainingLog log;
  log.format = "megatron";
  log.loss_key = "lm loss";
  log.averaging = "mean of 100 steps";
  const auto point = [](int step) {
    TrainingPoint out;
    out.step = step;
    out.loss = 2 + 30 / std::sqrt(step);
    out.tokens = step * 4096.0;
    return out;
  };
  for (int step = 100; step <= 1200; step += 100) log.live.points.push_back(point(step));
  log.live.points[2].loss = std::nan("");
  log.live.points[4].nan_iterations = 1;
  log.lost.push_back({1, {point(600), point(700)}});
  log.restarts = {500};
  log.nan_steps = {300};
  log.spikes.push_back({900, 3.1, 4.5, 9.25, {}});
  return log;
}

/// Eleven checkpoints, one broken, one spike; `order` says in which they were scored.
void fill(MadeStore& store, std::vector<int> order, const std::string& created) {
  for (const int i : order) {
    const int step = 100 * i;
    MadeCheckpoint made{.step = step, .created = created, .run = created + std::to_string(i)};
    if (i == 7) {
      made.state = "incomplete";
      made.reason = "shard 2 of 4 is missing";
    }
    store.add("nano", made, domains_at(step, i == 10 ? 12 : 0.05 * (i % 3)));
  }
}

Tracking made_tracking(MadeStore& store) {
  fill(store, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, "2026-11-24T20:30:13Z");
  return build_tracking(*store, {.series = {"nano"},
                                 .axis = SeriesAxis::kTokens,
                                 .logs = {log_with_a_restart()},
                                 .extrapolate = 8e6,
                                 .smooth = 1e6});
}

TEST(TrackingViews, AreTheApprovedTexts) {
  MadeStore store;
  const Tracking tracking = made_tracking(store);
  for (const int columns : {60, 80, 120})
    expect_baseline("track/series_" + std::to_string(columns) + ".txt",
                    render_tracking_text(tracking, columns));
  write_tracking_outputs(tracking, store.folder() + "/out");
  expect_baseline("track/series.md", read_file(store.folder() + "/out/curves.md"));
  expect_baseline("track/series.csv", read_file(store.folder() + "/out/curves.csv"));
  expect_baseline("track/series.json", tracking_json(tracking));
}

TEST(TrackingViews, AMetricWithoutItsColumnIsTold) {
  MadeStore store;
  const Tracking tracking = made_tracking(store);
  const std::string narrow = render_tracking_text(tracking, 40);
  ASSERT_THAT(narrow, Not(HasSubstr("Metric")));
  EXPECT_THAT(narrow, HasSubstr("metric of"));
  EXPECT_THAT(narrow, HasSubstr("bpb ↓"));
  EXPECT_THAT(render_tracking_text(tracking, 120), Not(HasSubstr("metric of")));
}

/// A folder like "best", of which nobody knows the step.
TEST(TrackingViews, WhatHasNoStepDoesNotBeginTheSeries) {
  MadeStore store;
  fill(store, {1, 2, 3}, "2026-11-24T20:30:13Z");
  store.add("nano", {.step = 0, .state = "refused", .reason = "its name says no step"});
  const std::string text = render_tracking_text(build_tracking(*store, {.series = {"nano"}}), 0);
  EXPECT_THAT(text, HasSubstr("4 checkpoints, 3 scored, steps 100 to 300;"));
}

/// "Last" is of the last checkpoint, and what it lacks is a gap with its cause, in every view.
TEST(TrackingViews, ADivergedLastCheckpointHasNoFigureAndItsCause) {
  MadeStore store;
  fill(store, {1, 2, 3}, "2026-11-24T20:30:13Z");
  MadeDomains domains = domains_at(400, 0.0);
  for (auto& [domain, documents] : domains)
    for (MadeDocument& document : documents) document.failure = "logits are not finite";
  store.add("nano", {.step = 400}, domains);
  const Tracking tracking = build_tracking(*store, {.series = {"nano"}});
  const std::string gap =
      "step_400: bpb: N/A: 2 of 2 tasks without a final score, bpb_en/code the first; the first "
      "failure: logits are not finite\n";
  const std::string text = render_tracking_text(tracking, 0);
  EXPECT_THAT(text, HasSubstr("\ngap: " + gap));
  EXPECT_THAT(text, testing::ContainsRegex("bpb +bpb_macro ↓ +N/A +█"));
  EXPECT_THAT(text, testing::ContainsRegex("en/code +bpb ↓ +N/A +█"));
  EXPECT_THAT(text, Not(HasSubstr("gap: step_400: bpb_en/code"))) << "its group says it";
  write_tracking_outputs(tracking, store.folder() + "/out");
  const std::string markdown = read_file(store.folder() + "/out/curves.md");
  EXPECT_THAT(markdown, HasSubstr("| bpb | bpb\\_macro ↓ | N/A |"));
  EXPECT_THAT(markdown, HasSubstr("- step\\_400: bpb: N/A: 2 of 2 tasks without"));
  EXPECT_THAT(tracking_json(tracking), HasSubstr("the first failure: logits are not finite"));
}

/// A hundred checkpoints of one reason are one line.
TEST(TrackingViews, GapsOfOneReasonAreOneLine) {
  MadeStore store;
  for (int step = 100; step <= 800; step += 100) {
    MadeDomains domains = domains_at(step, 0.0);
    domains["中文/网页"][0].failure = "no token";
    store.add("nano", {.step = step}, domains);
  }
  const std::string text = render_tracking_text(build_tracking(*store, {.series = {"nano"}}), 0);
  EXPECT_THAT(text,
              HasSubstr("\ngap: step_100, step_200, step_300, step_400, step_500, step_600 and "
                        "2 more: bpb: N/A: 1 of 2 tasks without a final score, bpb_中文/网页 "
                        "the first; the first failure: no token\n"));
}

/// As in the other views, where it stands above the figures.
TEST(TrackingViews, EveryLineOfTheCsvSaysWhatTheFiguresAreOf) {
  MadeStore store;
  Tracking tracking = made_tracking(store);
  tracking.warnings = {"LIMITED: a part", "NOT A BENCHMARK RESULT"};
  std::istringstream lines(tracking_csv(tracking));
  std::string line;
  std::getline(lines, line);
  EXPECT_TRUE(line.starts_with("series,")) << line;
  int count = 0;
  for (; std::getline(lines, line); ++count)
    EXPECT_THAT(line, HasSubstr(",LIMITED: a part; NOT A BENCHMARK RESULT")) << line;
  EXPECT_GT(count, 0);
}

TEST(TrackingViews, NoLineIsWiderThanTheTerminal) {
  MadeStore store;
  const Tracking tracking = made_tracking(store);
  std::istringstream lines(render_tracking_text(tracking, 60));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  flmeval")) continue;  // to be pasted: nothing breaks it
    EXPECT_LE(display_width(line), 60U) << line;
  }
}

/// Half a unit of the last digit that was printed, and no digit more.
TEST(TrackingViews, TheResolutionOfALossHasOneDigit) {
  TrackedSeries series;
  series.log = log_with_a_restart();
  for (const auto& [resolution, text] :
       std::map<double, std::string>{{0.00005, "0.00005"}, {0.005, "0.005"}, {0.5, "0.5"}}) {
    series.log->resolution = resolution;
    EXPECT_THAT(log_remarks(series),
                testing::Contains("log: it has the loss to ±" + text + " only"));
  }
}

/// Of several series one may have no log, and a trainer's may not be there yet.
TEST(TrackingViews, ALogThatIsNotThereHasNoName) {
  TrackedSeries series;
  series.log = TrainingLog{};
  series.log->notes = {"no log: cannot read it"};
  EXPECT_THAT(log_remarks(series), testing::ElementsAre("log: no log: cannot read it"));
  MadeStore store;
  fill(store, {1, 2, 3}, "2026-11-24T20:30:13Z");
  const Tracking tracking = build_tracking(*store, {.series = {"nano"}, .logs = {TrainingLog{}}});
  EXPECT_FALSE(tracking.series.at(0).log);
}

TEST(TrackingViews, OrderAndRestartsChangeNoByte) {
  MadeStore store, again;
  fill(store, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, "2026-11-24T20:30:13Z");
  fill(again, {11, 4, 7, 1, 10, 2}, "2027-01-01T00:00:00Z");
  fill(again, {9, 3, 8, 6, 5}, "2026-12-01T00:00:00Z");  // another day
  std::vector<std::vector<std::string>> bytes;
  for (MadeStore* of : {&store, &again}) {
    const Tracking tracking = build_tracking(**of, {.series = {"nano"}});
    const std::string folder = of->folder() + "/out";
    write_tracking_outputs(tracking, folder);
    bytes.push_back({render_tracking_text(tracking, 80), tracking_json(tracking)});
    for (const char* name : {"md", "csv", "json", "html"})
      bytes.back().push_back(read_file(folder + "/curves." + name));
  }
  for (std::size_t i = 0; i < bytes[0].size(); ++i) EXPECT_EQ(bytes[0][i], bytes[1][i]) << i;
}

TEST(TrackingViews, ThePageHasTheLossAndSaysWhatIsMissing) {
  MadeStore store;
  write_tracking_outputs(made_tracking(store), store.folder());
  const std::string page = read_file(store.folder() + "/curves.html");
  EXPECT_THAT(page, HasSubstr("<path class=\"lost\""));
  EXPECT_THAT(page, HasSubstr("of the weights before the update of its step"));
  EXPECT_THAT(page, HasSubstr("step_700: incomplete: shard 2 of 4 is missing"));
  const std::string notes = page.substr(page.find("id=\"notes\""));
  EXPECT_THAT(notes, HasSubstr("<ul>\n<li>step_700: incomplete: shard 2 of 4 is missing</li>"))
      << "the reason is the first of the notes";
  EXPECT_THAT(page, HasSubstr("<td>incomplete<td>"));
  EXPECT_THAT(page, HasSubstr("<td>shard 2 of 4 is missing\n")) << "in the table of checkpoints";
  EXPECT_THAT(page, HasSubstr("<title>step 300: the loss is NaN</title>"));
  EXPECT_THAT(page, HasSubstr("class=\"spike\""));
}

TEST(TrackingViews, ThePageHasTheStandardErrorsOfTheOtherFormats) {
  MadeStore store;
  const Tracking tracking = made_tracking(store);
  const TrackedCurve& from = tracking.series[0].curves[0];
  const Curves curves = curves_of(tracking);
  ASSERT_FALSE(curves.curves.empty());
  ASSERT_TRUE(from.values[0] && from.values[0]->stderr_value);
  EXPECT_EQ(curves.curves[0].points[0].error, from.values[0]->stderr_value);
}

TEST(TrackingViews, AnInfiniteLossIsNoNaN) {
  MadeStore store;
  store.add("s", {.step = 100}, domains_at(100, 0));
  TrainingLog log;
  log.format = "jsonl";
  log.loss_key = "loss";
  for (const auto& [step, loss] :
       std::map<int, double>{{33, std::nan("")}, {40, INFINITY}, {50, -INFINITY}, {60, 3.0}}) {
    log.live.points.push_back({});
    log.live.points.back().step = step;
    log.live.points.back().loss = loss;
    if (step < 60) log.nan_steps.push_back(step);
  }
  const Tracking tracking = build_tracking(*store, {.series = {"s"}, .logs = {log}});
  const std::string text = render_tracking_text(tracking, 80);
  for (const char* line : {"the loss is NaN at step 33\n", "the loss is inf at step 40\n",
                           "the loss is -inf at step 50\n"})
    EXPECT_THAT(text, HasSubstr(line));
  write_tracking_outputs(tracking, store.folder());
  EXPECT_THAT(read_file(store.folder() + "/curves.html"),
              HasSubstr("<title>step 40: the loss is inf</title>"));
}

}  // namespace
}  // namespace flm
