#include "harness/track/jobs.h"

#include <gtest/gtest.h>

#include "base/errors.h"

namespace flm {
namespace {

ScoringJob job(const std::string& series, std::int64_t step, double left = 0) {
  ScoringJob out;
  out.series = series;
  out.checkpoint.step = step;
  out.left = left;
  return out;
}

std::string text_of(const std::vector<ScoringJob>& jobs) {
  std::string out;
  for (const ScoringJob& one : jobs) out += one.series + std::to_string(*one.checkpoint.step) + " ";
  return out;
}

TEST(Jobs, GoUpOrDownTheStepsOfAllSeries) {
  std::vector<ScoringJob> jobs = {job("a", 100), job("a", 20), job("b", 20), job("b", 3)};
  sort_jobs(jobs, false);
  EXPECT_EQ(text_of(jobs), "b3 a20 b20 a100 ");
  sort_jobs(jobs, true);
  EXPECT_EQ(text_of(jobs), "a100 a20 b20 b3 ");
}

TEST(Jobs, TheFirstThatMayBeTakenIsTaken) {
  EXPECT_EQ(first_ready({job("a", 1, 5), job("a", 2), job("a", 3)}), 1u);
  EXPECT_EQ(first_ready({job("a", 1, 5)}), std::nullopt);
  EXPECT_EQ(first_ready({}), std::nullopt);
}

TEST(Jobs, OlderOnesOfASeriesAreGivenUp) {
  std::vector<ScoringJob> jobs = {job("a", 1), job("b", 1), job("a", 2), job("a", 3)};
  EXPECT_EQ(text_of(take_older(jobs, "a", 3)), "a1 a2 ");
  EXPECT_EQ(text_of(jobs), "b1 a3 ");
}

TEST(Jobs, AWatchEndsAtAStepOrWhenNothingComes) {
  EXPECT_EQ(watch_end("").step, std::nullopt);
  EXPECT_EQ(watch_end("1600").step, 1600);
  EXPECT_EQ(watch_end("idle:30").idle_seconds, 1800);
  EXPECT_EQ(watch_end("idle:0.5").idle_seconds, 30);
  for (const char* wrong : {"soon", "idle:", "idle:x", "-3", "1.5", "nan", "1e30", "5 "})
    EXPECT_THROW(watch_end(wrong), UserError) << wrong;
}

}  // namespace
}  // namespace flm
