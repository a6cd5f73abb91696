// The logs of one recorded run in nine formats, against every step of it (records.json).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/reports/training_logs/log_text.h"

namespace flm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string runs_folder() {
  const char* other = std::getenv("FLM_TRAINING_RUNS");  // the same run with another seed
  return other ? other : std::string(FLM_SHARED_DIR) + "/conformance/training-runs";
}

/// Every step of both attempts.
struct Records {
  std::map<std::int64_t, double> loss[3];  // by attempt
  double tokens_per_step = 0;
  std::vector<std::int64_t> kept, lost;  // steps of the live branch, of the lost one
  std::int64_t restart = 0;
};

Records read_records() {
  Records out;
  const Json run = read_json_file(runs_folder() + "/records.json");
  out.tokens_per_step = run["batch"].get<double>() * run["length"].get<double>();
  for (const Json& record : run["records"])
    out.loss[record["attempt"].get<int>()][record["step"].get<std::int64_t>()] =
        record["loss"].get<double>();
  out.restart = out.loss[2].begin()->first - 1;
  for (const auto& [step, loss] : out.loss[1])
    (step <= out.restart ? out.kept : out.lost).push_back(step);
  for (const auto& [step, loss] : out.loss[2]) out.kept.push_back(step);
  return out;
}

/// What a format keeps of the run.
struct Kept {
  const char* name;
  const char* format;
  std::vector<std::string> files;
  std::int64_t every = 1;  // logs each step that this divides
  bool first = false;      // and step 1
  bool mean = false;       // of the steps since the last line
  bool lost = true;        // has the steps of attempt 1 that were thrown away
  bool has_nan = false;    // at step 33
  double resolution = 0;   // 0: full precision
  bool tokens = false;     // exactly
  std::int64_t from = 1;   // the first step it can have
  const char* averaging = "";
};

class MicroRun : public testing::TestWithParam<Kept> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(runs_folder() + "/records.json"))
      GTEST_SKIP() << "skipped: " << runs_folder() << " is not here";
    records = read_records();
    std::vector<std::string> files;
    for (const std::string& file : GetParam().files)
      files.push_back(runs_folder() + "/logs/" + file);
    log = read_training_log(files, "");
  }

  std::vector<std::int64_t> logged(const std::vector<std::int64_t>& steps) const {
    std::vector<std::int64_t> out;
    for (const std::int64_t step : steps)
      if (step >= GetParam().from &&
          (step % GetParam().every == 0 || (GetParam().first && step == 1)))
        out.push_back(step);
    return out;
  }

  /// What a line of this format says at a step.
  double expected(int attempt, std::int64_t step) const {
    double sum = 0;
    int count = 0;
    for (std::int64_t s = GetParam().mean ? step - GetParam().every + 1 : step; s <= step; ++s) {
      const bool nan = GetParam().has_nan && s == 33 && attempt == 1;
      if (nan && GetParam().mean) continue;
      sum += nan ? std::nan("") : records.loss[attempt].at(s);
      ++count;
    }
    return sum / count;
  }

  void expect_losses(const TrainingBranch& branch, const std::vector<std::int64_t>& steps,
                     int attempt) const {
    EXPECT_EQ(steps_of(branch), steps);
    for (const TrainingPoint& point : branch.points) {
      if (!point.loss) continue;
      const int from = attempt == 2 && point.step <= records.restart ? 1 : attempt;
      const double truth = expected(from, point.step);
      if (std::isnan(truth)) {
        EXPECT_TRUE(std::isnan(*point.loss)) << point.step;
        continue;
      }
      // Half a digit, or single precision.
      const double near = GetParam().resolution > 0 ? GetParam().resolution * 1.001 : 3e-7;
      EXPECT_NEAR(*point.loss, truth, near) << point.step;
    }
  }

  Records records;
  TrainingLog log;
};

TEST_P(MicroRun, LiveAndLostAreTheRecordedAttempts) {
  EXPECT_EQ(log.format, GetParam().format);
  const bool both = GetParam().lost && GetParam().from == 1;
  expect_losses(log.live, logged(records.kept), 2);
  EXPECT_EQ(log.lost.size(), both ? 1u : 0u);
  if (both) {
    expect_losses(log.lost.at(0), logged(records.lost), 1);
    EXPECT_THAT(log.restarts, ElementsAre(records.restart));
    EXPECT_EQ(log.live.attempt, 2);
    EXPECT_EQ(log.lost[0].attempt, 1);
  }
}

TEST_P(MicroRun, SpikeIsFoundAndNothingElse) {
  // The update of step 100 was bad: the first loss that can show it is the next one logged.
  std::int64_t first = 101;
  while (first % GetParam().every != 0) ++first;
  ASSERT_EQ(log.spikes.size(), 1u);
  EXPECT_EQ(log.spikes[0].step, first);
  EXPECT_EQ(log.spikes[0].recovered, std::nullopt);
  double worst = 0;
  for (const TrainingPoint& point : log.live.points)
    if (point.step >= first && point.loss) worst = std::max(worst, *point.loss);
  EXPECT_EQ(log.spikes[0].peak, worst);
  EXPECT_LT(log.spikes[0].before, log.spikes[0].peak - 0.5);
}

TEST_P(MicroRun, NanIsWhereTheFormatShowsIt) {
  if (!GetParam().has_nan)
    EXPECT_THAT(log.nan_steps, IsEmpty());
  else
    EXPECT_THAT(log.nan_steps, ElementsAre(GetParam().mean ? 35 : 33));
}

TEST_P(MicroRun, ResolutionAndAveragingAreSaid) {
  EXPECT_EQ(log.averaging, GetParam().averaging);
  if (GetParam().resolution == 0)
    EXPECT_EQ(log.resolution, std::nullopt);
  else
    EXPECT_DOUBLE_EQ(log.resolution.value_or(-1), GetParam().resolution);
}

TEST_P(MicroRun, TokensAreThoseOfTheRun) {
  for (const TrainingPoint& point : log.live.points)
    if (GetParam().tokens && point.loss) {
      EXPECT_EQ(point.tokens, static_cast<double>(point.step) * records.tokens_per_step);
    }
}

const Kept kLogs[] = {
    {.name = "megatron",
     .format = "megatron",
     .files = {"megatron-stdout.log"},
     .every = 5,
     .mean = true,
     .has_nan = true,
     .resolution = 5e-7,
     .averaging = "mean of 5 steps"},
    {.name = "torchtitan",
     .format = "torchtitan",
     .files = {"torchtitan-stdout.log"},
     .every = 10,
     .first = true,
     .resolution = 5e-6,
     .averaging = "every 10th step"},
    {.name = "nanotron",
     .format = "nanotron",
     .files = {"nanotron-stdout.log"},
     .resolution = 5e-3},
    {.name = "olmo_core",
     .format = "olmo-core",
     .files = {"olmo-core-stdout.log"},
     .every = 5,
     .first = true,
     .resolution = 5e-4,
     .tokens = true,
     .averaging = "every 5th step"},
    {.name = "jsonl",
     .format = "jsonl",
     .files = {"metrics.jsonl"},
     .has_nan = true,
     .tokens = true},
    {.name = "csv", .format = "csv", .files = {"metrics.csv"}, .resolution = 5e-7, .tokens = true},
    {.name = "trainer_states",
     .format = "trainer_state",
     .files = {"hf-trainer/checkpoint-120/trainer_state.json",
               "hf-trainer/checkpoint-60/trainer_state.json"},
     .every = 5,
     .mean = true,
     .lost = false,
     .resolution = 5e-5,
     .averaging = "mean of 5 steps"},
    {.name = "trainer_folder",
     .format = "trainer_state",
     .files = {"hf-trainer"},
     .every = 5,
     .mean = true,
     .lost = false,
     .resolution = 5e-5,
     .averaging = "mean of 5 steps"},
    {.name = "tensorboard_overlap", .format = "tensorboard", .files = {"tensorboard-overlap"}},
    {.name = "tensorboard_purged", .format = "tensorboard", .files = {"tensorboard-purged"}},
    {.name = "tensorboard_files_in_any_order",
     .format = "tensorboard",
     .files = {"tensorboard-purged/events.out.tfevents.1700000002.node0.2.0",
               "tensorboard-purged/events.out.tfevents.1700000001.node0.1.0"}},
    {.name = "tensorboard_torn",
     .format = "tensorboard",
     .files = {"tensorboard-torn"},
     .from = 61},
};

INSTANTIATE_TEST_SUITE_P(Logs, MicroRun, testing::ValuesIn(kLogs),
                         [](const auto& one) { return one.param.name; });

class MicroRunFiles : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(runs_folder() + "/records.json"))
      GTEST_SKIP() << "skipped: " << runs_folder() << " is not here";
  }
  static TrainingLog read(const std::string& file, const std::string& key = "") {
    return read_training_log({runs_folder() + "/logs/" + file}, key);
  }
  static bool notes_say(const TrainingLog& log, const std::string& words) {
    for (const std::string& note : log.notes)
      if (note.find(words) != std::string::npos) return true;
    return false;
  }
};

TEST_F(MicroRunFiles, WandbHistoryIsTheOldBranchAndANoteSaysSo) {
  const Records records = read_records();
  const TrainingLog log = read("wandb-history.jsonl");
  EXPECT_EQ(log.format, "wandb");
  EXPECT_TRUE(notes_say(log, "one branch"));
  EXPECT_TRUE(notes_say(log, "between steps 76 and 77"));  // the pause of the restart
  EXPECT_THAT(log.lost, IsEmpty());
  EXPECT_EQ(steps_of(log.live), records.kept);
  for (const TrainingPoint& point : log.live.points)
    EXPECT_EQ(*point.loss, records.loss[point.step <= 76 ? 1 : 2].at(point.step));
  ASSERT_EQ(log.spikes.size(), 1u);
  EXPECT_EQ(log.spikes[0].step, 101);
}

TEST_F(MicroRunFiles, ARestartMarkDoesNotTouchATagOverSamples) {
  const TrainingLog log = read("tensorboard-purged", "lm loss vs samples");
  EXPECT_EQ(steps_of(log.live).size(), 120u);
  EXPECT_EQ(log.live.points.back().step, 120 * 16);
  EXPECT_TRUE(notes_say(log, "are samples"));
}

TEST_F(MicroRunFiles, ValidationLossesStandAtTheirSteps) {
  for (const std::string file : {"megatron-stdout.log", "hf-trainer", "tensorboard-overlap"}) {
    const TrainingLog log = read(file);
    std::vector<std::int64_t> steps;
    for (const TrainingPoint& point : log.live.points) {
      if (!point.validation_loss) continue;
      steps.push_back(point.step);
      // The fixture's is the training loss + 0.01, printed with other digits.
      EXPECT_NEAR(*point.validation_loss, point.loss.value_or(0) + 0.01, 1e-4) << file;
    }
    EXPECT_THAT(steps, ElementsAre(20, 40, 60, 80, 100, 120)) << file;
  }
}

TEST_F(MicroRunFiles, TornEventFileKeepsWhatIsWhole) {
  const TrainingLog log = read("tensorboard-torn");
  EXPECT_EQ(steps_of(log.live).size(), 60u);
  EXPECT_EQ(log.live.points.back().validation_loss, std::nullopt);
  EXPECT_TRUE(notes_say(log, "cut"));
}

TEST_F(MicroRunFiles, TornJsonLineIsLeftOut) {
  const TrainingLog log = read("metrics.jsonl");
  EXPECT_TRUE(notes_say(log, "line 137"));
}

}  // namespace
}  // namespace flm
