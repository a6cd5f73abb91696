// Restarts: which attempt a line belongs to, and which lines are still true.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "tests/reports/training_logs/log_text.h"

namespace flm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string row(int step, double loss, double time = 0) {
  std::string out = R"({"step": )" + std::to_string(step) + R"(, "loss": )" + std::to_string(loss);
  if (time > 0) out += R"(, "time": )" + std::to_string(time);
  return out + "}\n";
}

/// Steps from..to with losses that begin at `loss` and fall by 0.01; a step takes a second.
std::string rows(int from, int to, double loss, double time = 0) {
  std::string out;
  for (int step = from; step <= to; ++step)
    out += row(step, loss - 0.01 * (step - from), time > 0 ? time + step - from : 0);
  return out;
}

constexpr double kNoon = 1.7e9;

TEST(Attempts, ThreeOfWhichTheLastBeganBeforeTheSecond) {
  const TrainingLog log = log_of({rows(1, 9, 5) + rows(6, 8, 4) + rows(4, 7, 3)});
  EXPECT_THAT(steps_of(log.live), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(losses_of(log.live), ElementsAre(5, 4.99, 4.98, 3, 2.99, 2.98, 2.97));
  EXPECT_EQ(log.live.attempt, 3);
  ASSERT_EQ(log.lost.size(), 2u);
  EXPECT_THAT(steps_of(log.lost[0]), ElementsAre(4, 5, 6, 7, 8, 9));  // 4 and 5 by the third
  EXPECT_THAT(steps_of(log.lost[1]), ElementsAre(6, 7, 8));
  EXPECT_THAT(log.restarts, ElementsAre(5, 3));
}

TEST(Attempts, FilesOfAttemptsInAnyOrder) {
  const std::string first = rows(1, 9, 5, kNoon), second = rows(6, 12, 4, kNoon + 100);
  for (const auto& files : {std::vector{first, second}, std::vector{second, first}}) {
    const TrainingLog log = log_of(files);
    EXPECT_EQ(steps_of(log.live).size(), 12u);
    EXPECT_EQ(log.live.points[5].loss, 4.0);
    ASSERT_EQ(log.lost.size(), 1u);
    EXPECT_THAT(steps_of(log.lost[0]), ElementsAre(6, 7, 8, 9));
    EXPECT_THAT(log.restarts, ElementsAre(5));
  }
}

TEST(Attempts, ARestartFromTheBeginningLosesAll) {
  const TrainingLog log = log_of({rows(1, 3, 5) + rows(1, 4, 4.5)});
  EXPECT_THAT(steps_of(log.live), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(log.restarts, ElementsAre(0));
  EXPECT_EQ(log.lost.at(0).points.size(), 3u);
}

TEST(Attempts, ALogThatBeginsLateIsOneAttempt) {
  const TrainingLog log = log_of({rows(5001, 5010, 2.5)});
  EXPECT_THAT(log.lost, IsEmpty());
  EXPECT_THAT(log.restarts, IsEmpty());
  EXPECT_EQ(log.live.attempt, 1);
  EXPECT_EQ(log.live.points.front().step, 5001);
}

TEST(Attempts, SameLinesOfSeveralRanksCountOnce) {
  const std::string once = rows(1, 4, 5, kNoon);
  const TrainingLog log = log_of({once + row(3, 4.98, kNoon + 2.4) + rows(5, 6, 4, kNoon + 5)});
  EXPECT_THAT(steps_of(log.live), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(log.restarts, IsEmpty());
  // In files of their own.
  EXPECT_THAT(log_of({once, once, once}).restarts, IsEmpty());
  EXPECT_EQ(log_of({once, once}).live.points.size(), 4u);
}

TEST(Attempts, SameLossMuchLaterIsARestart) {
  // A trainer that restores its data order computes the same again.
  const TrainingLog log = log_of({rows(1, 6, 5, kNoon) + rows(4, 8, 4.97, kNoon + 900)});
  EXPECT_THAT(log.restarts, ElementsAre(3));
  EXPECT_EQ(log.lost.at(0).points.size(), 3u);
  EXPECT_EQ(log.live.points.size(), 8u);
}

TEST(Attempts, TwoRunsAtOneTimeAreRefused) {
  try {
    log_of({rows(1, 100, 5, kNoon), rows(1, 100, 4, kNoon + 50)});
    FAIL() << "one log of two runs";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("at the same time"));
    EXPECT_THAT(error.what(), HasSubstr("log 2"));
  }
}

TEST(Attempts, ALineWithoutALossGoesToItsStep) {
  const TrainingLog log = log_of({rows(1, 4, 5) + R"({"step": 2, "eval_loss": 4.5})" + "\n" +
                                  R"({"step": 4, "eval_loss": 4.25})" + "\n" + row(5, 4.9)});
  ASSERT_EQ(log.live.points.size(), 5u);
  EXPECT_EQ(log.live.points[1].validation_loss, 4.5);
  EXPECT_EQ(log.live.points[3].validation_loss, 4.25);
  EXPECT_THAT(log.restarts, IsEmpty());
}

TEST(Attempts, WhatWaitsForALossGoesWithTheAttemptThatLogsIt) {
  // Evaluated at 6 by the first, a rate of step 4 by the second before its loss.
  const TrainingLog log = log_of({rows(1, 6, 5) + R"({"step": 6, "eval_loss": 4.5})" + "\n" +
                                  R"({"step": 4, "lr": 0.25})" + "\n" + rows(4, 5, 4)});
  EXPECT_THAT(steps_of(log.live), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(log.live.points[3].learning_rate, 0.25);
  EXPECT_EQ(log.live.points.size(), 5u);
  ASSERT_EQ(log.lost.size(), 1u);
  EXPECT_EQ(log.lost[0].points.back().validation_loss, 4.5);
}

TEST(Attempts, NanOfALostBranchIsNotTheLiveOnes) {
  const TrainingLog log = log_of({rows(1, 4, 5) + "{\"step\": 5, \"loss\": NaN}\n" +
                                  "{\"step\": 6, \"loss\": NaN}\n" + rows(4, 7, 4)});
  EXPECT_THAT(log.nan_steps, IsEmpty());
  EXPECT_TRUE(std::isnan(*log.lost.at(0).points.back().loss));
  EXPECT_THAT(log.notes, testing::Contains(HasSubstr("2 between steps 5 and 6")));
}

TEST(Attempts, HistoriesOfTwoAttemptsPartWhereTheyDiffer) {
  const auto state = [](std::vector<std::pair<int, double>> history) {
    std::string out = R"({"global_step": )" + std::to_string(history.back().first) +
                      R"(, "logging_steps": 5, "log_history": [)";
    for (const auto& [step, loss] : history)
      out += std::string(out.ends_with('[') ? "" : ", ") + R"({"step": )" + std::to_string(step) +
             R"(, "loss": )" + std::to_string(loss) + "}";
    return out + "]}";
  };
  const TrainingLog log = log_of({state({{5, 5}, {10, 4}, {15, 3.25}, {20, 3}, {25, 2.9}}),
                                  state({{5, 5}, {10, 4}, {15, 3.5}, {20, 3.125}})});
  EXPECT_THAT(steps_of(log.live), ElementsAre(5, 10, 15, 20, 25));
  EXPECT_THAT(losses_of(log.lost.at(0)), ElementsAre(3.5, 3.125));
  EXPECT_THAT(log.restarts, ElementsAre(10));
}

/// Who wrote the second attempt had a clock that was a day behind.
TEST(Attempts, AnOrderThatTheStepsContradictIsToldOf) {
  const TrainingLog log = log_of({rows(1, 9, 5, kNoon), rows(6, 12, 4, kNoon - 86400)});
  EXPECT_THAT(log.notes, testing::Contains(HasSubstr(
                             "by their times log 1, which begins at step 1, was written after log "
                             "2, which begins at step 6, and is taken for the later attempt")));
  EXPECT_THAT(log_of({rows(1, 9, 5, kNoon), rows(6, 12, 4, kNoon + 86400)}).notes, IsEmpty());
  EXPECT_THAT(
      log_of({rows(1, 9, 5, kNoon), rows(6, 12, 4, kNoon + 100), rows(3, 9, 4, kNoon + 200)}).notes,
      IsEmpty())
      << "an older checkpoint may be gone on from";
}

TEST(Attempts, AClockThatGoesBackIsToldOf) {
  const auto notes = [](double step_4) {
    return log_of({rows(1, 3, 5, kNoon) + row(4, 4.5, step_4) + row(5, 4.25, step_4 + 1)}).notes;
  };
  EXPECT_THAT(notes(kNoon + 3), IsEmpty());
  EXPECT_THAT(notes(kNoon - 3598), ElementsAre("the log's clock goes back by 3600 s at step 4; no "
                                               "time is counted for such a step"));
}

/// Three digits of nanotron may stand still, and fall as little as any other count.
TEST(Attempts, TokensOfNanotronThatFallAreNoCount) {
  const auto line = [](int step, const std::string& tokens) {
    return "11/14/2023 22:13:2" + std::to_string(step) +
           " [INFO|DP=0|PP=0|TP=0]: iteration: " + std::to_string(step) +
           " / 10 | consumed_tokens: " + tokens + " | lm_loss: 4.5\n";
  };
  const TrainingLog still = log_of({line(1, "1.23T") + line(2, "1.23T") + line(3, "1.24T")});
  ASSERT_EQ(still.format, "nanotron");
  EXPECT_EQ(still.live.points[1].tokens, 1.23e12);
  EXPECT_FALSE(log_of({line(1, "1.23T") + line(2, "1.22T")}).live.points[1].tokens);
}

}  // namespace
}  // namespace flm
