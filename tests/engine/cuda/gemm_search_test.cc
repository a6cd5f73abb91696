// What a search sees of an algorithm, and what tuning makes of it.
#include "engine/cuda/products/gemm_search.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "engine/cuda/products/gemm_trial.h"
#include "tests/engine/cuda/emulation/stream_queue.h"
#include "tests/engine/cuda/stand_in_library.h"

namespace flm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Search : public ::testing::Test {
 protected:
  RowVerdict verdict_of(std::uint64_t name) {
    GemmTrial trial(library_, kShape, kSearchedRows, stream_);
    return trial.examine({name});
  }

  static constexpr GemmShape kShape{5, 201, true};
  StandInLibrary::Log log_;
  StandInLibrary library_{{kAscending}, {}, log_};
  Stream stream_;
};

TEST_F(Search, SoundInAnyNumberOfRows) {
  const RowVerdict verdict = verdict_of(kQuick);
  EXPECT_EQ(verdict.use(), RowUse::kAnyNumber);
  EXPECT_EQ(verdict.text(), "the same bits in any number of rows");
}

/// 1 more than the sum of 201 products: its bits differ, in that call and that value alone.
TEST_F(Search, TheFirstValueThatDiffersIsToldWithItsPlace) {
  const RowVerdict verdict = verdict_of(kOneMoreInSevenRows);
  EXPECT_THAT(verdict.refused, IsEmpty());
  EXPECT_THAT(verdict.differing, ElementsAre(7));
  ASSERT_TRUE(verdict.first);
  EXPECT_EQ(verdict.first->rows, 7);
  EXPECT_EQ(verdict.first->row, 2);
  EXPECT_EQ(verdict.first->column, 3);
  EXPECT_EQ(verdict.first->found, verdict.first->expected + 1) << "seen first without adding";
  EXPECT_EQ(verdict.use(), RowUse::kMultiples);
  EXPECT_THAT(verdict.text(), HasSubstr("other bits with 7 rows, first at row 2, column 3 of 7 "));
}

TEST_F(Search, MultiplesAreJudgedApartFromOtherNumbers) {
  EXPECT_EQ(verdict_of(kRefusesFew).use(), RowUse::kMultiples);
  EXPECT_THAT(verdict_of(kRefusesFew).refused, ElementsAre(1, 2, 7, 16, 33, 64));
  EXPECT_EQ(verdict_of(kOddNumbersDiffer).use(), RowUse::kMultiples);
  EXPECT_THAT(verdict_of(kOddNumbersDiffer).differing, ::testing::Contains(129));
  const RowVerdict below = verdict_of(kBelow100Differs);
  EXPECT_EQ(below.use(), RowUse::kMultiples);
  EXPECT_THAT(below.differing, ::testing::Each(::testing::Lt(100)));
}

/// Equal sums that are rounded once more before they are added to c.
TEST_F(Search, FewRowsAreComparedWhereTheyAddToOthersToo) {
  GemmTrial trial(library_, kShape, kSearchedRows, stream_);
  EXPECT_EQ(trial.examine_few({kFewRowsOnly}, {kAscending}).use(), RowUse::kAnyNumber);
  EXPECT_THAT(trial.examine_few({kFewRoundTwice}, {kAscending}).differing, ::testing::Contains(64));
  EXPECT_EQ(trial.examine({kDescending}).use(), RowUse::kAnyNumber) << "one with itself";
  EXPECT_THAT(trial.examine_few({kDescending}, {kAscending}).differing, ::testing::Contains(64));
}

TEST_F(Search, ACallThatIsRefusedInSpiteOfTheCheckCountsAsRefused) {
  const RowVerdict verdict = verdict_of(kBreaksItsWord);
  EXPECT_THAT(verdict.refused, ElementsAre(7));
  EXPECT_EQ(verdict.text(), "not taken with 7 rows");
}

TEST_F(Search, WhatDiffersAtAMultipleIsNoUse) {
  EXPECT_EQ(verdict_of(kLateRowsDiffer).use(), RowUse::kNone);
  EXPECT_EQ(verdict_of(kManyRowsOnly).use(), RowUse::kNone);
  EXPECT_EQ(verdict_of(kWantsWorkspace).use(), RowUse::kNone);
}

/// A comparison of its bits is more than 70 calls.
TEST_F(Search, WhatIsNoFasterForFewRowsIsTimedAlone) {
  StandInLibrary slow({kAscending}, {kFewSlow, kFewRowsOnly}, log_);
  const FoundAlgorithm found = search_algorithm(slow, {5, 9, true}, stream_);
  ASSERT_TRUE(found.pinned.few);
  EXPECT_EQ((*found.pinned.few)[0], kFewRowsOnly);
  std::set<std::int64_t> rows_of_slow, rows_of_quick;
  for (const auto& [name, rows] : log_.runs) {
    if (name == kFewSlow) rows_of_slow.insert(rows);
    if (name == kFewRowsOnly) rows_of_quick.insert(rows);
  }
  EXPECT_THAT(rows_of_slow, ElementsAre(32));
  EXPECT_THAT(rows_of_quick, ElementsAre(1, 2, 7, 16, 32, 33, 64));
  ASSERT_EQ(found.notes.size(), 3u);
  EXPECT_THAT(found.notes[1], HasSubstr("not compared, no faster: 32 rows in "));
}

TEST_F(Search, AChoiceThatDoesNotTakeTheRowsOfAStepIsSaidSo) {
  StandInLibrary refusing({kAscending}, {kRefusesFew}, log_);
  const FoundAlgorithm found = search_algorithm(refusing, {5, 9, true}, stream_);
  EXPECT_FALSE(found.pinned.few);
  ASSERT_EQ(found.notes.size(), 2u);
  EXPECT_THAT(found.notes[1], HasSubstr("not taken with 32 rows"));
}

/// Each look at what a comparison found waits for the device: one for all of a choice, not one
/// each.
TEST_F(Search, TheHostLooksOnceForAllComparisonsOfAChoice) {
  GemmTrial trial(library_, kShape, kSearchedRows, stream_);
  log_.runs.clear();
  const std::int64_t before = emulation::device_use().pageable_copies;
  EXPECT_EQ(trial.examine({kQuick}).use(), RowUse::kAnyNumber);
  EXPECT_EQ(emulation::device_use().pageable_copies - before, 1);
  EXPECT_GT(log_.runs.size(), 100u);
}

TEST_F(Search, TuningTakesTheFastestAndSaysWhyNotOthers) {
  StandInLibrary both({kBelow100Differs, kAscending, kQuick, kDescending}, {kFewDescending}, log_);
  const TunedAlgorithm tuned = tune_gemm(both, kShape);
  EXPECT_EQ(tuned.tried, 4);
  EXPECT_EQ(tuned.dependent, 1);
  EXPECT_LE(tuned.best_seconds, tuned.seconds);
  EXPECT_GT(tuned.decode_seconds, 0);
  ASSERT_EQ(tuned.found.notes.size(), 5u);
  EXPECT_THAT(tuned.found.notes[0], HasSubstr("other bits with"));
  EXPECT_THAT(tuned.found.notes[1], HasSubstr("the same bits in any number of rows, "));

  StandInLibrary slow_first({kAscending, kQuick}, {}, log_);
  const GemmShape small{1, 1, true};  // where kAscending's pause is most of its time
  EXPECT_EQ(tune_gemm(slow_first, small).found.pinned.settings[0], kQuick);
}

TEST_F(Search, TuningPadsWhereAllDependAndRefusesWhereNoneWillDo) {
  StandInLibrary dependent({kOddNumbersDiffer}, {kFewRowsOnly}, log_);
  const TunedAlgorithm tuned = tune_gemm(dependent, kShape);
  EXPECT_TRUE(tuned.found.pinned.multiples);
  ASSERT_TRUE(tuned.found.pinned.few) << "32 rows are less than 128";
  EXPECT_EQ((*tuned.found.pinned.few)[0], kFewRowsOnly);
  EXPECT_EQ(tuned.dependent, 1);
  StandInLibrary none({kLateRowsDiffer}, {}, log_);
  EXPECT_THROW(tune_gemm(none, kShape), UserError);

  StandInLibrary failing({kFailsWithWorkspace}, {kFailsWithWorkspace}, log_);
  EXPECT_EQ(tune_gemm(failing, kShape).found.pinned.settings[0], kFailsWithWorkspace)
      << "what is only compared ends no search";
  EXPECT_THROW(fastest_gemm(failing, kShape, 256), InternalError);
}

}  // namespace
}  // namespace flm::test
