// Relatives of the recorded logs: what launchers, ranks, crashes and versions do to lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>

#include "base/errors.h"
#include "base/system/files.h"
#include "tests/error_of.h"
#include "tests/reports/training_logs/log_text.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A line of Megatron-LM without its date.
std::string megatron(int step, const std::string& loss, const std::string& rest = "") {
  return " iteration " + std::string(8 - std::to_string(step).size(), ' ') + std::to_string(step) +
         "/     120 | consumed samples:          " + std::to_string(step * 16) +
         " | elapsed time per iteration (ms): 500.0 | learning rate: 2.988E-03 | global batch "
         "size: "
         "   16 |" +
         (loss.empty() ? "" : " lm loss: " + loss + " |") +
         " loss scale: 1.0 | grad norm: 1.027 |" + rest + "\n";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string error_of(const std::vector<std::string>& contents, const std::string& key = "") {
  return flm::error_of([&] { log_of(contents, key); });
}

TEST(MegatronLog, OlderLinesHaveNoDate) {
  const TrainingLog log = log_of({megatron(5, "5.696726E+00") + megatron(10, "5.1E+00")});
  EXPECT_EQ(log.format, "megatron");
  EXPECT_EQ(log.loss_key, "lm loss");
  EXPECT_THAT(losses_of(log.live), ElementsAre(5.696726, 5.1));
  EXPECT_EQ(log.live.points[0].seconds, std::nullopt);
  EXPECT_EQ(log.live.points[0].samples, 80);
  EXPECT_EQ(log.live.points[0].learning_rate, 2.988e-3);
  EXPECT_EQ(log.live.points[0].gradient_norm, 1.027);
  EXPECT_EQ(log.live.points[0].tokens, std::nullopt);
}

TEST(MegatronLog, LengthOfASequenceGivesTokens) {
  const TrainingLog log =
      log_of({"  seq_length ...................................... 64\n" + megatron(5, "5.5E+00")});
  EXPECT_EQ(log.live.points[0].tokens, 80 * 64);
}

TEST(MegatronLog, DeepSpeedsVariantSaysItsTokens) {
  const TrainingLog log = log_of(
      {replaced(megatron(5, "5.5E+00"), "| elapsed", "| consumed tokens:   163840 | elapsed")});
  EXPECT_EQ(log.live.points[0].tokens, 163840);
}

TEST(MegatronLog, PrefixesOfLaunchersColoursAndCarriageReturnsAreNoMatter) {
  const std::string line = megatron(5, "5.5E+00"), next = megatron(10, "5.25E+00");
  for (const std::string prefix :
       {"[default7]:", "7: ", "[1,7]<stdout>:", "[rank7]: ", "2023-11-14T22:13:20.5Z stdout F ",
        "\x1b[36m(worker pid=12)\x1b[0m", "  3%|#   | 5/120 [00:01<00:30]\r"}) {
    const TrainingLog log = log_of({prefix + line + "noise\n" + prefix + next});
    EXPECT_THAT(losses_of(log.live), ElementsAre(5.5, 5.25)) << prefix;
  }
  EXPECT_THAT(losses_of(log_of({replaced(line + next, "\n", "\r\n")}).live),
              ElementsAre(5.5, 5.25));
}

TEST(MegatronLog, OneRankIsRead) {
  std::string text;
  for (int step = 1; step <= 6; ++step)
    for (const int rank : {3, 1})  // each with its own data
      text += "[rank" + std::to_string(rank) +
              "]: " + megatron(step, std::to_string(5 - 0.1 * step + 0.01 * rank));
  const TrainingLog log = log_of({text});
  EXPECT_EQ(log.live.points.size(), 6u);
  EXPECT_THAT(log.restarts, IsEmpty());
  EXPECT_THAT(log.notes, Contains(HasSubstr("those of rank 3 are read")));
  EXPECT_NEAR(*log.live.points[0].loss, 4.93, 1e-9);
}

TEST(MegatronLog, TheLineThatLoadsACheckpointCuts) {
  // With a log interval of 20, no step repeats.
  const std::string text =
      megatron(20, "5.0E+00") + megatron(40, "4.0E+00") + megatron(60, "3.5E+00") +
      "  successfully loaded checkpoint from ckpt [ t 1/2, p 1/2 ] at iteration 50\n" +
      megatron(70, "3.75E+00") + megatron(90, "3.0E+00");
  const TrainingLog log = log_of({text});
  EXPECT_THAT(log.restarts, ElementsAre(50));
  EXPECT_THAT(steps_of(log.live), ElementsAre(20, 40, 70, 90));
  EXPECT_THAT(steps_of(log.lost.at(0)), ElementsAre(60));
}

TEST(MegatronLog, WeightsToStartFromAreNoRestart) {
  const TrainingLog log =
      log_of({" successfully loaded checkpoint from base at iteration 500000\n" +
              megatron(5, "2.0E+00") + megatron(10, "1.9E+00")});
  EXPECT_THAT(log.restarts, IsEmpty());
  EXPECT_EQ(log.live.attempt, 1);
}

TEST(MegatronLog, AResumedLogThatBeginsLateSaysFromWhere) {
  const TrainingLog log = log_of({" successfully loaded checkpoint from ckpt at iteration 60\n" +
                                  megatron(65, "2.0E+00") + megatron(70, "1.9E+00")});
  EXPECT_THAT(log.restarts, ElementsAre(60));
  EXPECT_THAT(log.lost, IsEmpty());
}

TEST(MegatronLog, AWindowOfNanHasNoLossInItsLine) {
  const std::string nan = " number of skipped iterations:   2 | number of nan iterations:   3 |";
  const TrainingLog log = log_of({megatron(5, "5.0E+00") + megatron(10, "", nan)});
  EXPECT_THAT(log.nan_steps, ElementsAre(10));
  EXPECT_TRUE(std::isnan(*log.live.points[1].loss));
  EXPECT_EQ(log.live.points[1].skipped_iterations, 2);
  EXPECT_EQ(log.live.points[1].nan_iterations, 3);
}

TEST(MegatronLog, ACutLineIsLeftOut) {
  // Cut at the end, and where the trainer died and the next one wrote on.
  const std::string line = megatron(10, "5.125E+00");
  const TrainingLog log = log_of({megatron(5, "5.5E+00") + line.substr(0, 60) + line +
                                  megatron(15, "5.0E+00").substr(0, 170)});
  EXPECT_THAT(losses_of(log.live), ElementsAre(5.5, 5.125));
  EXPECT_THAT(log.notes, Contains(HasSubstr("no end")));
}

TEST(MegatronLog, TheTestSetIsNoValidation) {
  const TrainingLog log =
      log_of({megatron(5, "5.5E+00") +
              " validation loss at iteration 5 on validation set | lm loss value: 5.6E+00 | \n" +
              " validation loss at iteration 5 on test set | lm loss value: 7.0E+00 | \n"});
  EXPECT_EQ(log.live.points[0].validation_loss, 5.6);
}

TEST(TorchtitanLog, ValidationAndResumedLines) {
  const std::string head = "[titan] 2023-11-14 22:13:20,500 - root - INFO - ";
  const TrainingLog log = log_of(
      {head +
       "step: 10  loss:  4.50000  grad_norm:  0.7725  memory:  1.21GiB(1.53%)  tps: 2,048\n" +
       head + "validate step: 10  loss:  4.60000  memory:  1.21GiB(1.53%)  tps: 2,048\n" + head +
       "step: 20  loss:  4.00000  grad_norm:  0.7725\n" + head +
       "Loading the checkpoint from ./outputs/checkpoint/step-10.\n" + head +
       "step: 30  loss:  3.50000  grad_norm:  0.7725\n"});
  EXPECT_EQ(log.format, "torchtitan");
  EXPECT_THAT(steps_of(log.live), ElementsAre(10, 30));
  EXPECT_EQ(log.live.points[0].validation_loss, 4.6);
  EXPECT_EQ(log.live.points[0].seconds, 1700000000.5);
  EXPECT_THAT(log.restarts, ElementsAre(10));
}

TEST(NanotronLog, UnitsOfThousands) {
  const TrainingLog log =
      log_of({"[INFO|DP=0|PP=1|TP=0]: iteration: 7 / 100 | consumed_tokens: 1.5B | "
              "global_batch_size: 4M | lm_loss: 2.31 | lr: 0.0003 | grad_norm: 1.2K\n"});
  const TrainingPoint& point = log.live.points.at(0);
  EXPECT_EQ(point.tokens, 1.5e9);
  EXPECT_EQ(point.gradient_norm, 1200);
  EXPECT_EQ(log.resolution, 0.005);
  EXPECT_THAT(log.notes, Contains(HasSubstr("three significant digits")));
}

TEST(OlmoCoreLog, OlderNamesAndLinesInBetween) {
  const TrainingLog log =
      log_of({"2024-03-01 12:00:00.000\tnode:0\tolmo.train:967\tINFO\t[step=10/739328,epoch=0]\n"
              "    optim/total_grad_norm=1.5000\n"
              "a warning of another process\n"
              "2024-03-01 12:00:00.000     train/CrossEntropyLoss=3.125\n"
              "    throughput/total_tokens=41,943,040\n"});
  const TrainingPoint& point = log.live.points.at(0);
  EXPECT_EQ(log.format, "olmo-core");
  EXPECT_EQ(log.loss_key, "train/CrossEntropyLoss");
  EXPECT_EQ(point.loss, 3.125);
  EXPECT_EQ(point.tokens, 41943040);
  EXPECT_EQ(point.gradient_norm, 1.5);
}

TEST(TextLog, GzippedIsReadAsItIs) {
  const std::string text = megatron(5, "5.5E+00") + megatron(10, "5.25E+00");
  z_stream stream = {};
  ASSERT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  EXPECT_THAT(losses_of(log_of({packed}).live), ElementsAre(5.5, 5.25));
  EXPECT_THAT(losses_of(log_of({packed + packed}).live), ElementsAre(5.5, 5.25));  // two members
  EXPECT_EQ(steps_of(log_of({packed.substr(0, packed.size() - 8)}).live).size(), 2u);  // cut
}

TEST(TextLog, ErrorsSayWhatWouldDo) {
  EXPECT_THAT(error_of({"nothing of a trainer\nin here\n"}), HasSubstr("torchtitan"));
  EXPECT_THAT(error_of({""}), HasSubstr("no log of a trainer"));
  EXPECT_THAT(error_of({":W&B\x01\x00\xe1\xbe"}), HasSubstr("export its history as CSV or JSONL"));
  EXPECT_THAT(error_of({megatron(5, "5.5E+00")}, "lm los"), HasSubstr("did you mean \"lm loss\"?"));
  EXPECT_THAT(error_of({"step,aux loss\n1,2\n"}), HasSubstr("one of: \"aux loss\""));
  EXPECT_THAT(error_of({"step,aux loss\n1,2\n"}, "aux loss"), "");
}

/// The error of reading one path.
std::string error_of_path(const std::string& path) {
  return flm::error_of([&] { read_training_log({path}, ""); });
}

TEST(LogFolder, StoresOfTrackersAreRefusedWithTheRemedy) {
  namespace fs = std::filesystem;
  const TemporaryFolder made;
  const fs::path folder = made.path();
  for (const char* name : {"wandb/run-1", "mlruns/0", "empty"})
    fs::create_directories(folder / name);
  write_file_atomically(folder / "wandb/run-1/run-1.wandb", "anything");
  write_file_atomically(folder / "mlruns/0/meta.yaml", "name: x");
  for (const char* name : {"wandb", "mlruns"})
    EXPECT_THAT(error_of_path(folder / name), HasSubstr("export its history as CSV or JSONL"));
  EXPECT_THAT(error_of_path(folder / "empty"), HasSubstr("name the files of the log"));
  EXPECT_THAT(error_of_path(folder / "none"), HasSubstr("No such file"));
}

}  // namespace
}  // namespace flm
