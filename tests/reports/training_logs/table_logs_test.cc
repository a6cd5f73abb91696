// JSONL and CSV, by own writers and exported by trackers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
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

}  // namespace
}  // namespace flm
