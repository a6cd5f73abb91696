// What --series means.
#include "harness/track/series.h"

#include <gmock/gmock.h>

#include "base/errors.h"
#include "tests/error_of.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Checkpoints of the series in models/nano under other names.
class Series : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& step = "step_00400") const {
    fs::create_directories((scratch_ / name).parent_path());
    fs::copy(nano(step), scratch_ / name);
    fs::remove(scratch_ / name / "training.json");  // the name says the step
  }
  std::string at(const std::string& name) const { return (scratch_ / name).string(); }
  SeriesListing list(const std::string& typed, const std::string& name = "") const {
    return list_series(series_flags({typed}, name));
  }
  static std::vector<std::string> names(const FoundSeries& series) {
    std::vector<std::string> out;
    for (const CheckpointState& one : series.checkpoints) out.push_back(one.name);
    return out;
  }

  Scratch scratch_;
};

TEST_F(Series, AGlobAndAFolderHoldTheSameInTheOrderOfTheSteps) {
  for (const char* name : {"step_1000", "step_90", "step_200"}) put(std::string("run/") + name);
  scratch_.write("run/step_latest.txt", "1000");
  for (const char* place : {"run/step_*", "run", "run/"}) {
    const SeriesListing found = list(at(place));
    ASSERT_EQ(found.series.size(), 1u) << place;
    EXPECT_THAT(names(found.series[0]), ElementsAre("step_90", "step_200", "step_1000")) << place;
    EXPECT_EQ(found.series[0].checkpoints[0].path, at("run/step_90"));
    EXPECT_EQ(found.series[0].checkpoints[0].step, 90);
    EXPECT_EQ(found.series[0].name, at(place).substr(0, at(place).find_last_not_of('/') + 1));
  }
  EXPECT_EQ(list(at("run"), "mine").series[0].name, "mine");
  EXPECT_EQ(list("its=" + at("run")).series[0].name, "its");
  EXPECT_THAT(error_of([&] { (void)list("its=" + at("run"), "mine"); }),
              HasSubstr("and so does --name mine; drop one of them: its="));
  EXPECT_THAT(names(list(at("run/step_90")).series[0]), ElementsAre("step_90"));
}

TEST_F(Series, ASweepIsASeriesForEachFolder) {
  for (const char* name : {"w32/step_1", "w32/step_2", "w64/step_1"})
    put(std::string("sweep/") + name);
  const SeriesListing found = list(at("sweep/*/step_*"));
  ASSERT_EQ(found.series.size(), 2u);
  EXPECT_EQ(found.series[0].name, at("sweep/w32"));
  EXPECT_THAT(names(found.series[0]), ElementsAre("step_1", "step_2"));
  EXPECT_THAT(names(found.series[1]), ElementsAre("step_1"));
  EXPECT_EQ(list("s=" + at("sweep/*/step_*")).series[1].name, "s/w64");
  EXPECT_EQ(list(at("sweep/*")).series.size(), 2u) << "roots, too";
}

TEST_F(Series, AFolderWithAnEqualsSignIsNoName) {
  put("lr=1e-3/step_1");
  const fs::path before = fs::current_path();
  fs::current_path(scratch_.path());
  const std::vector<SeriesFlag> there = series_flags({"lr=1e-3/step_*", "lr=*/step_*"}, ""),
                                named = series_flags({"mine=lr=1e-3/step_*", "lr=2/step_*"}, "");
  fs::current_path(before);
  EXPECT_EQ(there[0].name + "|" + there[0].place, "|lr=1e-3/step_*");
  EXPECT_EQ(there[1].name + "|" + there[1].place, "|lr=*/step_*");
  EXPECT_EQ(named[0].name + "|" + named[0].place, "mine|lr=1e-3/step_*");
  EXPECT_EQ(named[1].name + "|" + named[1].place, "lr|2/step_*") << "no such folder is there";
}

TEST_F(Series, WhatIsNoCheckpointIsToldOf) {
  put("run/step_1");
  put("run/step_2-tmp");
  fs::create_directories(scratch_ / "run/step_3");  // its trainer has just made it
  fs::create_directories(scratch_ / "run/step_notes");
  fs::create_directory_symlink(scratch_ / "run/step_1", scratch_ / "run/step_0_best");
  const SeriesListing found = list(at("run/step_*"));
  ASSERT_THAT(names(found.series.at(0)), ElementsAre("step_1", "step_3"));
  EXPECT_EQ(found.series[0].checkpoints[1].state, Completeness::kIncomplete);
  EXPECT_THAT(found.notes, Contains(HasSubstr("step_2-tmp")));
  EXPECT_THAT(found.notes, Contains(HasSubstr("step_notes")));
  EXPECT_THAT(found.notes, Contains(HasSubstr("step_0_best")));
  EXPECT_EQ(found.notes.size(), 3u);
}

TEST_F(Series, ANameWithoutAStepIsRefused) {
  put("run/best");
  const SeriesListing found = list(at("run/b*"));
  EXPECT_EQ(found.series.at(0).checkpoints.at(0).state, Completeness::kRefused);
  EXPECT_THAT(found.series[0].checkpoints[0].reason, HasSubstr("a step"));
}

// transformers' Trainer: checkpoint-N below output_dir, and by save_model() and save_state() the
// last model with its trainer_state.json in output_dir itself.
TEST_F(Series, ATrainersFolderWithItsFinalModelIsItsCheckpointsAndThatModel) {
  put("out");
  put("out/checkpoint-90");
  put("out/checkpoint-400");
  const auto found = [&] { return list(at("out")); };
  EXPECT_THAT(names(found().series.at(0)), ElementsAre("checkpoint-90", "checkpoint-400"));
  EXPECT_THAT(found().notes, ElementsAre(HasSubstr("save_state")));
  scratch_.write("out/trainer_state.json",
                 R"({"global_step": 1600, "best_model_checkpoint": null})");
  EXPECT_THAT(names(found().series.at(0)), ElementsAre("checkpoint-90", "checkpoint-400", "out"));
  EXPECT_EQ(found().series[0].checkpoints[2].step, 1600);
  EXPECT_THAT(found().notes, ElementsAre());
  EXPECT_THAT(names(list(at("ou*")).series.at(0)),
              ElementsAre("checkpoint-90", "checkpoint-400", "out"));
  scratch_.write("out/trainer_state.json",
                 R"({"global_step": 1600, "best_model_checkpoint": "out/checkpoint-90"})");
  EXPECT_THAT(names(found().series.at(0)), ElementsAre("checkpoint-90", "checkpoint-400"));
  EXPECT_THAT(found().notes, ElementsAre(HasSubstr("best")));
  scratch_.write("out/trainer_state.json", R"({"global_step": 400})");
  EXPECT_THAT(names(found().series.at(0)), ElementsAre("checkpoint-90", "checkpoint-400"));
  EXPECT_THAT(found().notes, ElementsAre(HasSubstr("as checkpoint-400 is")));
}

TEST_F(Series, WhatIsNotThereOrTwiceIsAnError) {
  put("run/step_1");
  put("a/run/step_1");
  EXPECT_THROW(list(at("nowhere")), UserError);
  EXPECT_THROW(list(at("run/iter_*")), UserError);
  EXPECT_THROW(list(""), UserError);
  EXPECT_THROW(series_flags({"run", "./run/"}, ""), UserError);
  EXPECT_THROW(series_flags({"x=run", "x=other"}, ""), UserError);
}

/// transformers' Trainer writes the next checkpoint below such a name, its config.json first.
TEST_F(Series, AFolderThatIsBeingWrittenIsPassedOverInAGlob) {
  put("mix/checkpoint-500");
  fs::create_directories(scratch_ / "mix/tmp-checkpoint-600");
  scratch_.write("mix/tmp-checkpoint-600/config.json", "{}");
  const SeriesListing found = list(at("mix/*"));
  EXPECT_THAT(names(found.series.at(0)), ElementsAre("checkpoint-500"));
  EXPECT_THAT(found.notes, ElementsAre("passed over, its name says that it is being written: " +
                                       at("mix/tmp-checkpoint-600")));
}

}  // namespace
}  // namespace flm::testing
