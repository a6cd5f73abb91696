// When a watched checkpoint may be taken, by a clock of the test's own.
#include "harness/track/waiting.h"

#include <gtest/gtest.h>

namespace flm {
namespace {

constexpr double kJustNow = 1;  // seconds since a file was touched

CheckpointFiles files(std::int64_t size) {
  return {"/run/step_1", {{"model.safetensors", {size, 1, 1, 7}}}};
}

CheckpointState checkpoint(bool marked = false) {
  CheckpointState state;
  state.marked_whole = marked;
  return state;
}

TEST(Waiting, IsTakenWhenNoFileChangedForTheTimeToSettle) {
  Waiting waiting(30);
  EXPECT_EQ(waiting.left(checkpoint(), files(1), 100, kJustNow), 30);
  EXPECT_EQ(waiting.left(checkpoint(), files(1), 120, kJustNow), 10);
  EXPECT_EQ(waiting.left(checkpoint(), files(2), 125, kJustNow), 30) << "it grew";
  EXPECT_EQ(waiting.left(checkpoint(), files(2), 155, kJustNow), 0);
}

TEST(Waiting, AMarkerAndAnOldCheckpointNeedNoPatience) {
  Waiting waiting(30);
  EXPECT_EQ(waiting.left(checkpoint(true), files(1), 100, kJustNow), 0);
  EXPECT_EQ(waiting.left(checkpoint(), files(1), 100, 3600), 0);
  EXPECT_GT(waiting.left(checkpoint(), files(1), 100, 45), 0)
      << "a file server's clock may be a minute behind";
  EXPECT_EQ(Waiting(0).left(checkpoint(), files(1), 100, kJustNow), 0);
}

TEST(Waiting, AFailureIsTriedAgainLaterAndLaterAndAtOnceWhenItsFilesChange) {
  Waiting waiting(30);
  const auto left = [&](double now) { return waiting.left(checkpoint(), files(1), now, 3600); };
  EXPECT_EQ(left(0), 0);
  waiting.failed(files(1), 0);
  EXPECT_EQ(left(0), 60);
  EXPECT_EQ(left(60), 0);
  waiting.failed(files(1), 60);
  EXPECT_EQ(left(60), 120);
  for (int i = 0; i < 20; ++i) waiting.failed(files(1), 1000);
  EXPECT_EQ(left(1000), 3600) << "an hour at most";
  EXPECT_EQ(waiting.left(checkpoint(true), files(1), 1000, kJustNow), 3600)
      << "a marker does not mend it";
  EXPECT_EQ(waiting.left(checkpoint(), files(2), 1000, 3600), 0);
}

TEST(Waiting, LooksAreTenSecondsApartAndUpToAMinuteWithoutNews) {
  Waiting waiting(30);
  EXPECT_EQ(waiting.pause(true), 10);
  EXPECT_EQ(waiting.pause(false), 15);
  for (int i = 0; i < 20; ++i) (void)waiting.pause(false);
  EXPECT_EQ(waiting.pause(false), 60);
  EXPECT_EQ(waiting.pause(true), 10);
  EXPECT_EQ(Waiting(0).pause(true), 10) << "no patience is no reason to load a file server";
}

TEST(Waiting, LooksTakeASixthOfTheTimeAtMost) {
  Waiting waiting(30);
  EXPECT_TRUE(waiting.look_is_due(100)) << "before the first one";
  waiting.looked(100, 3);
  EXPECT_FALSE(waiting.look_is_due(114));
  EXPECT_TRUE(waiting.look_is_due(115)) << "15 s of work after 3 s of looking";
  EXPECT_EQ(waiting.pause(true), 15);
  waiting.looked(200, 0.01);
  EXPECT_EQ(waiting.pause(true), 10);
}

}  // namespace
}  // namespace flm
