// Members of a sweep that no place has in common are told before the first is scored.
#include "harness/track/sweep_places.h"

#include <gmock/gmock.h>

#include "tests/error_of.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

using Places = std::vector<std::pair<int, std::optional<std::int64_t>>>;  // step, tokens

FoundSeries series(const std::string& name, const Places& places) {
  FoundSeries out{name, {}};
  for (const auto& [step, tokens] : places) {
    CheckpointState one;
    one.step = step;
    one.tokens_seen = tokens;
    out.checkpoints.push_back(one);
  }
  return out;
}

std::string fault(const std::vector<FoundSeries>& found, const TrackFlags& flags) {
  return error_of([&] { check_sweep_places(found, flags); });
}

TEST(SweepPlaces, WantTokensThatAreEqualInAllSeries) {
  TrackFlags flags;
  const FoundSeries a = series("a", {{1, 100}, {2, 200}}), b = series("b", {{1, 150}, {2, 300}}),
                    c = series("c", {{5, 200}});
  EXPECT_EQ(fault({a, b}, flags), "") << "no sweep is asked for";
  flags.by = {"hidden"};
  EXPECT_EQ(fault({a, b}, flags),
            "--by holds the series against each other at equal tokens, where each must have a "
            "whole checkpoint; give a --series that has one there, or leave this one out: b");
  EXPECT_EQ(fault({a, c}, flags), "");
  EXPECT_THAT(fault({a, c, b}, flags), HasSubstr("leave this one out: b"));
}

TEST(SweepPlaces, WantEqualStepsWhereNoneSaysItsTokens) {
  TrackFlags flags;
  flags.by = {"hidden"};
  const FoundSeries a = series("a", {{1, {}}, {2, {}}}), b = series("b", {{3, {}}}),
                    c = series("c", {{2, {}}}), known = series("d", {{7, 700}});
  EXPECT_THAT(fault({a, b}, flags), HasSubstr("at equal steps"));
  EXPECT_EQ(fault({a, c}, flags), "");
  EXPECT_EQ(fault({a, known}, flags), "") << "which of them count nobody knows yet";
  flags.tokens_per_step = 350;  // d's 700 tokens are a's step 2
  EXPECT_EQ(fault({a, known}, flags), "");
  flags.tokens_per_step = 300;
  EXPECT_THAT(fault({a, known}, flags), HasSubstr("at equal tokens"));
  flags.tokens_per_step = 0;
  flags.logs = {"a=x", "b=y"};
  EXPECT_EQ(fault({a, b}, flags), "") << "logs may say the tokens";
}

/// A checkpoint that is not whole is none of the places; without any, nothing is known.
TEST(SweepPlaces, AreOfWholeCheckpoints) {
  TrackFlags flags;
  flags.by = {"hidden"};
  FoundSeries a = series("a", {{1, 100}, {2, 200}}), b = series("b", {{1, 100}, {3, 300}});
  EXPECT_EQ(fault({a, b}, flags), "");
  b.checkpoints[0].state = Completeness::kIncomplete;
  EXPECT_THAT(fault({a, b}, flags), HasSubstr("at equal tokens"));
  b.checkpoints[1].state = Completeness::kIncomplete;
  EXPECT_EQ(fault({a, b}, flags), "");
}

std::string glob(const std::string& steps) { return nano(steps); }

/// Neither a store nor a folder is left, and nothing is scored.
TEST(SweepPlaces, AreLookedAtBeforeTheFirstIsScored) {
  const Scratch scratch;
  const Outcome refused = run(scratch, {"track", "--series", "a=" + glob("step_000[02]*"),
                                        "--series", "b=" + glob("step_01600"), "--tasks",
                                        "bpb_en_arxiv", "--limit", "1", "--by", "hidden"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("leave this one out: b"));
  EXPECT_THAT(refused.err, Not(HasSubstr("scored in")));
  EXPECT_FALSE(fs::exists(scratch / "flmeval.db"));
  EXPECT_FALSE(fs::exists(scratch / "runs"));
}

/// While the first of two series is scored nobody is told to give more.
TEST(SweepPlaces, TheFirstOfTwoSeriesHasCurvesAlready) {
  const Scratch scratch;
  const Outcome swept = run(scratch, {"track", "--series", "a=" + glob("step_000[02]*"), "--series",
                                      "b=" + glob("step_000[02]*"), "--tasks", "bpb_en_arxiv",
                                      "--limit", "1", "--by", "hidden"});
  EXPECT_THAT(swept.err, Not(HasSubstr("no curves yet"))) << swept.err;
  EXPECT_THAT(swept.err, Not(HasSubstr("give more --series"))) << swept.err;
}

TEST(SweepPlaces, ARefusedFolderLeavesNoStore) {
  const Scratch scratch;
  const Outcome refused = run(scratch, {"track", "--series", glob("step_000[02]*"), "--tasks",
                                        "bpb_en_arxiv", "--output", "/proc/x"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_FALSE(fs::exists(scratch / "flmeval.db")) << refused.err;
}

}  // namespace
}  // namespace flm::testing
