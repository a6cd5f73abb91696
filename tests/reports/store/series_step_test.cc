// SERIES@STEP as a run: the point's, whatever else has its name.
#include "reports/store/series_step.h"

#include <gmock/gmock.h>

#include "tests/reports/store/store_fixture.h"

namespace flm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SeriesStepTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    store_ = Store::open(path_);
  }
  /// A scored checkpoint, written at `written`.
  void score(std::int64_t step, const std::string& id, const std::string& created,
             const std::string& written = "5", const std::string& series = "nano") {
    store_->begin_run(run(id, series + "@" + std::to_string(step), created));
    point(step, "scored", id, written, series);
  }
  void point(std::int64_t step, const std::string& state, const std::string& run_id,
             const std::string& written = "5", const std::string& series = "nano") {
    PointRecord out;
    out.series = series;
    out.path = "/ckpt/" + std::to_string(step) + "-" + written;
    out.step = step;
    out.state = state;
    out.reason = state == "scored" ? "" : "a shard is short";
    out.run = run_id;
    out.written = written;
    store_->put_point(out);
    store_->commit();
  }
  std::string found(const std::string& selector) { return store_->find_run(selector).id; }

  std::unique_ptr<Store> store_;
};

TEST_F(SeriesStepTest, IsAWholeNumberBehindTheLastAt) {
  EXPECT_EQ(parse_series_step("run/step_*@00100")->step, 100);
  EXPECT_EQ(parse_series_step("a@b@7")->series, "a@b");
  for (const char* other : {"nano", "nano@", "@7", "nano@7b", "nano@-1", "nano@1.5",
                            "nano@99999999999999999999", "nano@ 7", ""})
    EXPECT_FALSE(parse_series_step(other)) << other;
}

TEST_F(SeriesStepTest, MeansTheRunOfThePoint) {
  score(100, "early", "2026-11-24T20:30:13Z");
  store_->begin_run(run("mine", "nano@100", "2026-11-25T20:30:13Z"));  // newer, of no checkpoint
  store_->commit();
  EXPECT_EQ(found("nano@100"), "early");
  EXPECT_EQ(found("nano@0100"), "early");
  score(100, "again", "2026-11-26T20:30:13Z");
  EXPECT_EQ(found("nano@100"), "again") << "asked other questions of: the newest";
}

TEST_F(SeriesStepTest, OfTwoCheckpointsOfAStepTheOneThatWasWrittenLaterIsMeant) {
  score(100, "second", "2026-11-24T20:30:13Z", "1000");
  score(100, "first", "2026-11-25T20:30:13Z", "999");
  EXPECT_EQ(found("nano@100"), "second");
}

TEST_F(SeriesStepTest, AnUnknownStepListsThoseThatAreThere) {
  for (const int step : {0, 25, 100})
    score(step, "run" + std::to_string(step), "2026-11-24T20:30:13Z");
  score(7, "other", "2026-11-24T20:30:13Z", "5", "another");
  point(50, "broken", "");
  EXPECT_EQ(error_of([&] { found("nano@7"); }),
            "the series nano has no scored checkpoint of this step; it has the steps 0, 25, 100: "
            "nano@7");
  EXPECT_THAT(error_of([&] { found("nano@50"); }),
              AllOf(HasSubstr("of this step (broken: a shard is short); it has the steps 0, 25"),
                    HasSubstr(": nano@50")));
  EXPECT_THAT(error_of([&] { found("nobody@7"); }), HasSubstr("no such run"));
}

TEST_F(SeriesStepTest, ASeriesItselfNamesItsRuns) {
  for (const int step : {0, 25})
    score(step, "run" + std::to_string(step),
          "2026-11-2" + std::to_string(step % 7) + "T20:30:13Z");
  EXPECT_EQ(error_of([&] { found("nano"); }),
            "a series or several models have this name, give one of their runs: nano@25, nano@0 "
            "(asked: nano)");
}

TEST_F(SeriesStepTest, OfManyStepsTheNearestAreListed) {
  for (int step = 0; step < 40; ++step)
    score(10 * step, "run" + std::to_string(step), "2026-11-24T20:30:13Z");
  EXPECT_THAT(error_of([&] { found("nano@181"); }),
              HasSubstr("the steps 110, 120, 130, 140, 150, 160, 170, 180, 190, 200, 210, 220, "
                        "230, 240, 250, 260 and 24 more"));
}

TEST_F(SeriesStepTest, OfASeriesWithoutAScoredCheckpointItSaysSo) {
  point(50, "incomplete", "");
  EXPECT_THAT(error_of([&] { found("nano@50"); }),
              HasSubstr("(incomplete: a shard is short); none of its checkpoints is scored"));
}

}  // namespace
}  // namespace flm
