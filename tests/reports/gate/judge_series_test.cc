// A rule over a series: worse by more than both bands fails, and a band that is not known decides
// nothing.
#include "reports/gate/judge_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "reports/gate/views.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::HasSubstr;

/// Bits per byte from 1 to 1 + `change`, with an error of 0.01 and a noise of 0.02.
SeriesChange rose_by(double change) {
  SeriesChange out{"bpb_en/code", "bpb@x", "none", false};
  out.from = "step_100";
  out.to = "step_600";
  out.before = 1;
  out.last = 1 + change;
  out.change = change;
  out.change_stderr = 0.01;
  out.checkpoint_noise = 0.02;
  out.n = 16;
  return out;
}

GateResult gate(const SeriesChange& change, const std::string& keys = "") {
  const Policy policy = parse_policy(
      "version: 1\nrules:\n- {task: 'bpb_*', rule: no-rise" + keys + "}\n", "gate.yaml");
  return judge_series(policy, "nano", [&](int) { return std::vector<SeriesChange>{change}; });
}

TEST(NoRise, FailsBeyondBothBandsAlone) {
  // 1.96 x 0.01 = 0.0196; 1.96 x 0.02 x 1.414 = 0.0554.
  EXPECT_EQ(gate(rose_by(0.056)).verdict, GateVerdict::kFail);
  EXPECT_EQ(gate(rose_by(0.055)).verdict, GateVerdict::kPass) << "within checkpoint noise";
  EXPECT_EQ(gate(rose_by(-0.5)).verdict, GateVerdict::kPass) << "better";
  SeriesChange wide = rose_by(0.056);
  wide.change_stderr = 0.03;
  EXPECT_EQ(gate(wide).verdict, GateVerdict::kPass) << "within the items' error";
  EXPECT_EQ(gate(rose_by(0.056), ", max_worse: 0.06").verdict, GateVerdict::kPass);
}

TEST(NoRise, WhatDidNotMoveIsNotCalledBetter) {
  EXPECT_THAT(gate(rose_by(0)).rules.at(0).sentence, HasSubstr(", no change over 5 checkpoints"));
  EXPECT_THAT(gate(rose_by(-0.5)).rules.at(0).sentence, HasSubstr(", better by 0.5"));
}

TEST(NoRise, TakesAnotherThanTheMainMetricByItsName) {
  SeriesChange beside = rose_by(0.056);
  beside.main = false;
  EXPECT_EQ(gate(beside).rules.at(0).verdict, GateVerdict::kMissing);
  EXPECT_EQ(gate(beside, ", metric: 'bpb*'").rules.at(0).verdict, GateVerdict::kMissing);
  EXPECT_EQ(gate(beside, ", metric: 'bpb@x'").verdict, GateVerdict::kFail);
}

TEST(NoRise, FollowsTheMetricsDirection) {
  SeriesChange accuracy = rose_by(-0.06);
  accuracy.higher_is_better = true;
  EXPECT_EQ(gate(accuracy).verdict, GateVerdict::kFail);
  accuracy.change = 0.06;
  EXPECT_EQ(gate(accuracy).verdict, GateVerdict::kPass);
}

TEST(NoRise, CannotTellWithoutABand) {
  SeriesChange few = rose_by(0.056);
  few.checkpoint_noise.reset();
  EXPECT_EQ(gate(few).verdict, GateVerdict::kInconclusive);
  few.change = 0.01;
  EXPECT_EQ(gate(few).verdict, GateVerdict::kPass) << "the items' error alone explains it";
  SeriesChange none{"bpb_en/code", "bpb@x", "none", false};
  none.reason = "3 checkpoints have a value, 6 are wanted";
  EXPECT_EQ(gate(none).rules.at(0).verdict, GateVerdict::kMissing);
  EXPECT_EQ(gate(none).exit_code(), 3);
}

TEST(NoRise, IsSaidInFull) {
  const std::string text = gate_text(gate(rose_by(0.08)), 0);
  EXPECT_THAT(text, HasSubstr("gate.yaml: series nano"));
  EXPECT_THAT(text, HasSubstr("step_100 1.000 to step_600 1.080, worse by 0.080 over 5 "
                              "checkpoints; bands: items 0.020, checkpoints 0.055"));
  EXPECT_THAT(text, HasSubstr("FAIL: 1 failed"));
}

TEST(NoRise, IsOfASeriesAndOtherRulesAreOfTwoRuns) {
  const Policy rise =
      parse_policy("version: 1\nrules:\n- {task: t, rule: no-rise, over: 3}\n", "p");
  EXPECT_EQ(rise.rules[0].over, 3);
  EXPECT_THAT(error_of([&] { judge(rise, {}); }), HasSubstr("p:3: two runs are no series"));
  const Policy drop = parse_policy("version: 1\nrules:\n- {task: t, max_worse: 0.1}\n", "p");
  EXPECT_THAT(
      error_of([&] { judge_series(drop, "s", [](int) { return std::vector<SeriesChange>(); }); }),
      HasSubstr("p:3: a series is judged by rules no-rise"));
  EXPECT_THAT(error_of([] {
                parse_policy("version: 1\nrules:\n- {task: t, rule: no-rise, over: 0}\n", "p");
              }),
              HasSubstr("over wants a count of checkpoints"));
  EXPECT_THAT(error_of([] {
                parse_policy("version: 1\nrules:\n- {task: t, max_worse: 1, over: 2}\n", "p");
              }),
              HasSubstr("a rule no-drop has no key: over"));
}

}  // namespace
}  // namespace flm
