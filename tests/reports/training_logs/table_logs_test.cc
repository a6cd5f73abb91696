// JSONL and CSV, by own writers and exported by trackers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/errors.h"
#include "tests/error_of.h"
#include "tests/reports/training_logs/log_text.h"

namespace flm {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(JsonLog, NamesOfManyTrainers) {
  for (const std::string loss : {"loss", "train/loss", "train_loss", "lm loss", "ce loss",
                                 "lm_loss", "train/CE loss", "reduced_train_loss"})
    for (const std::string step :
         {"step", "_step", "iteration", "global_step", "train/global_step", "current_steps"}) {
      const TrainingLog log = log_of({"{\"" + step + "\": 7, \"" + loss + "\": 2.5}\n"});
      EXPECT_EQ(log.live.points.at(0).step, 7) << step;
      EXPECT_EQ(log.live.points.at(0).loss, 2.5) << loss;
      EXPECT_EQ(log.loss_key, loss);
    }
}

TEST(JsonLog, TheTrainersStepIsBetterThanTheTrackers) {
  const TrainingLog log =
      log_of({"{\"_step\": 1, \"train/global_step\": 10, \"train/loss\": 2.5}\n"
              "{\"_step\": 2, \"train/global_step\": 10, \"eval/loss\": 2.75}\n"
              "{\"_step\": 3, \"train/global_step\": 20, \"train/loss\": 2.25}\n"});
  EXPECT_THAT(steps_of(log.live), ElementsAre(10, 20));
  EXPECT_EQ(log.live.points[0].validation_loss, 2.75);
}

TEST(JsonLog, MeanOfTheWholeRunIsNoPoint) {
  // transformers writes it into the last entry.
  const TrainingLog log =
      log_of({R"({"log_history": [{"step": 5, "loss": 3.0}, {"step": 10, "loss": 2.5},)"
              R"({"step": 10, "train_loss": 2.75, "train_runtime": 3.5}], "global_step": 10})"});
  EXPECT_THAT(losses_of(log.live), ElementsAre(3.0, 2.5));
}

TEST(JsonLog, ValuesThatAreNoNumbers) {
  const TrainingLog log =
      log_of({"{\"step\": 1, \"loss\": NaN}\n{\"step\": 2, \"loss\": \"NaN\"}\n"
              "{\"step\": 3, \"loss\": Infinity}\n{\"step\": 4, \"loss\": null}\n"
              "{\"step\": 5, \"loss\": 2.5}\n"});
  EXPECT_THAT(log.nan_steps, ElementsAre(1, 2, 3));
  EXPECT_THAT(steps_of(log.live), ElementsAre(1, 2, 3, 5));
}

/// json.dumps of a frame: NaN is null there.
TEST(JsonLog, ALossThatIsNullIsTold) {
  const TrainingLog log =
      log_of({"{\"step\": 1, \"loss\": 5.5}\n{\"step\": 2, \"loss\": null}\n"
              "{\"step\": 3, \"loss\": null, \"lr\": 0.1}\n{\"step\": 4, \"loss\": 2.5}\n"});
  EXPECT_THAT(log.notes, ElementsAre("\"loss\" is null at 2 steps from 2 to 3, which pandas and "
                                     "JavaScript write in place of NaN; no loss is known there"));
  EXPECT_THAT(steps_of(log.live), ElementsAre(1, 4));
  const TrainingLog one = log_of({R"([{"step": 1, "loss": 5.5}, {"step": 2, "loss": null}])"});
  EXPECT_THAT(one.notes, ElementsAre(HasSubstr("\"loss\" is null at step 2, ")));
}

TEST(JsonLog, AnEmptyCellOfAnotherSeriesIsNoLoss) {
  // A step's second row, a row of the validation, and a rate that is logged more often.
  const TrainingLog log =
      log_of({"{\"step\": 1, \"loss\": 5.5, \"eval_loss\": null}\n"
              "{\"step\": 1, \"loss\": null, \"grad_norm\": 1.0}\n"
              "{\"step\": 2, \"loss\": null, \"eval_loss\": 5.0}\n{\"step\": 3, \"loss\": 4.5}\n"});
  EXPECT_THAT(log.notes, ::testing::IsEmpty());
  std::string often = "{\"step\": 0, \"loss\": 5.5}\n{\"step\": 10, \"loss\": 4.5}\n";
  for (int step = 1; step < 10; ++step)
    often += "{\"step\": " + std::to_string(step) + ", \"loss\": null, \"lr\": 0.1}\n";
  EXPECT_THAT(log_of({often}).notes, ::testing::Not(::testing::Contains(HasSubstr("null"))));
}

TEST(JsonLog, AnAttemptMayWriteOnAfterACutLine) {
  const TrainingLog log =
      log_of({"{\"step\": 1, \"loss\": 3.5}\n{\"step\": 2, \"lo{\"step\": 2, \"loss\": 3.25}\n"
              "{\"step\": 3, \"loss\": 3.0}\n"});
  EXPECT_THAT(losses_of(log.live), ElementsAre(3.5, 3.25, 3.0));
  EXPECT_THAT(log.notes, Contains(HasSubstr("line 2")));
}

TEST(JsonLog, GroupsOfFiguresAndTimesAsText) {
  const TrainingLog log =
      log_of({"{\"step\": 1, \"train\": {\"loss\": 3.5, \"consumed_tokens\": 64}, "
              "\"timestamp\": \"2023-11-14T22:13:20.5Z\"}\n"});
  const TrainingPoint& point = log.live.points.at(0);
  EXPECT_EQ(point.loss, 3.5);
  EXPECT_EQ(point.tokens, 64);
  EXPECT_EQ(point.seconds, 1700000000.5);
}

TEST(JsonLog, TokensOfABatchAreNoAxis) {
  const TrainingLog log = log_of(
      {"{\"step\": 1, \"loss\": 3.5, \"tokens\": 1024}\n{\"step\": 2, \"loss\": 3.4, \"tokens\": "
       "1024}\n"});
  EXPECT_EQ(log.live.points[0].tokens, std::nullopt);
  EXPECT_THAT(log.notes, Contains(HasSubstr("do not rise")));
}

TEST(JsonLog, TokensASecondAreNoTokens) {
  const TrainingLog log = log_of({"{\"step\": 1, \"loss\": 3.5, \"tokens_per_sec\": 1024}\n"});
  EXPECT_EQ(log.live.points[0].tokens, std::nullopt);
}

TEST(JsonLog, SeveralLossesAreSaid) {
  const std::string text =
      "{\"step\": 1, \"loss\": 3.5, \"ce_loss\": 3.25}\n{\"step\": 2, \"loss\": 3.5, \"ce_loss\": "
      "3.0}\n";
  const TrainingLog log = log_of({text});
  EXPECT_EQ(log.loss_key, "ce_loss");
  EXPECT_THAT(log.notes, Contains(HasSubstr("also has \"loss\"")));
  EXPECT_THAT(losses_of(log_of({text}, "loss").live), ElementsAre(3.5, 3.5));
}

TEST(JsonLog, ArrayOfObjects) {
  const TrainingLog log =
      log_of({"[\n {\"_step\": 1, \"loss\": 3.5},\n {\"_step\": 2, \"loss\": "
              "3.0}\n]\n"});
  EXPECT_EQ(log.format, "wandb");
  EXPECT_THAT(losses_of(log.live), ElementsAre(3.5, 3.0));
}

TEST(CsvLog, ExportOfACurveOfOneRun) {
  const TrainingLog log = log_of(
      {"\"Step\",\"brave-sun-7 - train/loss\",\"brave-sun-7 - train/loss__MIN\",\"brave-sun-7 - "
       "train/loss__MAX\"\n\"1\",\"3.5\",\"3.5\",\"3.5\"\n\"2\",\"3.25\",\"3.0\",\"3.25\""});
  EXPECT_EQ(log.format, "wandb");
  EXPECT_EQ(log.loss_key, "train/loss");
  EXPECT_THAT(losses_of(log.live), ElementsAre(3.5, 3.25));
  EXPECT_THAT(log.notes, Contains(HasSubstr("one branch")));
}

TEST(CsvLog, SeveralRunsAreRefused) {
  EXPECT_THROW(log_of({"Step,a - train/loss,b - train/loss\n1,3.5,3.6\n"}), UserError);
}

TEST(CsvLog, DownloadOfTensorBoard) {
  const TrainingLog log = log_of({"Wall time,Step,Value\n1700000000.5,1,3.5\n1700000001,2,3.25\n"});
  EXPECT_THAT(losses_of(log.live), ElementsAre(3.5, 3.25));
  EXPECT_EQ(log.live.points[0].seconds, 1700000000.5);
}

TEST(CsvLog, EmptyCellsSeparatorsAndASecondHeader) {
  const TrainingLog log =
      log_of({"epoch;step;train_loss;val_loss\r\n0;1;3.5;\r\n0;1;;3.75\r\n0;2;3.25;\r\n"
              "step;train_loss\r\n2;3.0\r\n3;2.75\r\n"});
  EXPECT_THAT(losses_of(log.live), ElementsAre(3.5, 3.0, 2.75));
  EXPECT_EQ(log.live.points[0].validation_loss, 3.75);
  EXPECT_THAT(log.restarts, ElementsAre(1));
}

TEST(CsvLog, ALastLineWithoutAnEndMayBeCut) {
  const TrainingLog log = log_of({"step,lr,loss\n1,0.1,3.5\n2,0.1,3.2"});
  EXPECT_THAT(losses_of(log.live), ElementsAre(3.5));
  EXPECT_THAT(log.notes, Contains(HasSubstr("may be cut")));
  EXPECT_THAT(losses_of(log_of({"step,lr,loss\n1,0.1,3.5\n2,0.1"}).live), ElementsAre(3.5));
}

TEST(CsvLog, ABrokenLineIsNamed) {
  try {
    log_of({"step,loss\n1,3.5\n2,3.25,7\n"});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("log 1:3: 3 values for 2 columns"));
  }
}

TEST(CsvLog, ACommaIsADecimalPointWhereSemicolonsPartTheColumns) {
  EXPECT_THAT(
      losses_of(log_of({"step;loss;tokens\n1;4,9344;1024\n2;4,871;2048\n3;-1,5E-2;\n"}).live),
      ElementsAre(4.9344, 4.871, -0.015));
  EXPECT_THAT(losses_of(log_of({"step\tloss\n1\t4,9344\n2\t4.871\n"}).live),
              ElementsAre(4.9344, 4.871));
  const TrainingLog grouped =
      log_of({"step,loss,tokens\n\"1,000\",4.5,\"1,024,000\"\n\"2,000\",4.25,\"2,048,000.5\"\n"});
  EXPECT_THAT(steps_of(grouped.live), ElementsAre(1000, 2000));
  EXPECT_EQ(grouped.live.points[0].tokens, 1024000);
  EXPECT_EQ(grouped.live.points[1].tokens, 2048000.5);
}

TEST(CsvLog, ACommaThatMayBeBothIsAnError) {
  for (const auto& [log, line] :
       std::map<std::string, std::string>{{"step\tloss\n1\t4,934\n", "log 1:2"},
                                          {"step,loss\n1,4.5\n2,\"4,9344\"\n", "log 1:3"},
                                          {"step;loss;tokens\n1;4,5;1,024,000\n", "log 1:2"},
                                          {"step;loss\n1;1.024,5\n", "log 1:2"}})
    EXPECT_THAT(error_of([&] { log_of({log}); }),
                testing::AllOf(testing::StartsWith(line + ": is the comma a decimal point?"),
                               testing::EndsWith("\"")))
        << log;
  EXPECT_THAT(losses_of(log_of({"step,loss,note\n1,4.5,\"1,2\"\n"}).live), ElementsAre(4.5))
      << "a column that is not read";
}

TEST(CsvLog, ACellInQuotesMayHaveSeveralLines) {
  const TrainingLog log =
      log_of({"step,note,loss\n1,\"a\nb, \"\"c\"\"\r\n\r\nd\",4.5\n2,,4.25\n3,\"x\n\",4.0\n"});
  EXPECT_THAT(losses_of(log.live), ElementsAre(4.5, 4.25, 4.0));
  EXPECT_EQ(error_of([] { log_of({"step,note,loss\n1,a,4.5\n2,\"b,4.25\n3,c,4.0\n"}); }),
            "log 1:3: a quote that is not closed; mend or remove the line");
}

TEST(JsonLog, WithoutStepsIsRefused) {
  EXPECT_EQ(error_of([] {
              log_of({"{\"tokens\": 1024, \"loss\": 4.9}\n{\"tokens\": 2048, \"loss\": 4.8}\n"});
            }),
            "no step in the log log 1; each of its entries wants one, as \"step\" or "
            "\"iteration\"; it has: \"loss\", \"tokens\"");
  EXPECT_THAT(error_of([] { log_of({"{\"epoch\": 0.01, \"loss\": 4.9}\n"}); }),
              HasSubstr("no step in the log log 1"));
}

TEST(JsonLog, ALossOfAnUnknownNameIsGivenByItsFlag) {
  EXPECT_EQ(
      error_of([] { log_of({"{\"step\": 1, \"my loss\": 4.9}\n"}); }),
      "no loss of a known name in the log log 1; name it with --loss-key, one of: \"my loss\"");
}

/// 2023-11-14 22:13:20 UTC is 1.7e9; the sender's clock is what the offset says.
TEST(JsonLog, TimesHaveTheirOffsetFromUtc) {
  for (const auto& [time, seconds] :
       std::map<std::string, double>{{"2023-11-14T22:13:20", 1.7e9},
                                     {"2023-11-14T22:13:20Z", 1.7e9},
                                     {"2023-11-14T22:13:20.25Z", 1.7e9 + 0.25},
                                     {"2023-11-14T23:13:20+01:00", 1.7e9},
                                     {"2023-11-15T00:13:20,500+0200", 1.7e9 + 0.5},
                                     {"2023-11-15 03:43:20.5 +05:30", 1.7e9 + 0.5},
                                     {"2023-11-14 17:13:20-05", 1.7e9},
                                     {"2023-11-14 22:13:20 - 01 done", 1.7e9},
                                     {"2023-11-14 22:13:20-4711", 1.7e9}})
    EXPECT_EQ(log_of({"{\"step\": 1, \"loss\": 3, \"timestamp\": \"" + time + "\"}\n"})
                  .live.points[0]
                  .seconds,
              seconds)
        << time;
}

TEST(JsonLog, WhatATrainerPrintsHasNoSteps) {
  const std::string line =
      "{'loss': 4.9, 'grad_norm': 1.5, 'learning_rate': 5e-05, 'epoch': 0.01}\n";
  for (const std::string before : {"", "  1%|1         | 5/500 [00:01<02:03,  4.01it/s]"})
    EXPECT_THAT(error_of([&] { log_of({before + line + before + line}); }),
                HasSubstr("name the trainer_state.json of its last checkpoint: log 1"));
}

}  // namespace
}  // namespace flm
