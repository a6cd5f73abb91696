#include "harness/track/checkpoint_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(scratch_ / "step/rank");
    scratch_.write("step/a", "one");
    scratch_.write("step/rank/b", "two");
    before_ = look();
  }
  CheckpointFiles look() const { return look_at_files((scratch_ / "step").string()); }
  FilesNow now() const { return compare_files(before_, look()).now; }

  Scratch scratch_;
  CheckpointFiles before_;
};

TEST_F(Files, AreAllFilesBelowTheFolder) {
  ASSERT_EQ(before_.files.size(), 2u);
  EXPECT_EQ(before_.files.at("rank/b").size, 3);
  EXPECT_EQ(look().identity(), before_.identity());
  EXPECT_EQ(now(), FilesNow::kSame);
  EXPECT_TRUE(look_at_files((scratch_ / "nowhere").string()).files.empty());
}

TEST_F(Files, AWriteARenameAndADeletionAreTold) {
  scratch_.write("step/a", "onf");
  EXPECT_EQ(now(), FilesNow::kChanged);
  EXPECT_NE(look().identity(), before_.identity());
  before_ = look();
  scratch_.write("other", "two");
  fs::rename(scratch_ / "other", scratch_ / "step/rank/b");
  EXPECT_EQ(compare_files(before_, look()).file, "rank/b");
  before_ = look();
  fs::remove(scratch_ / "step/a");
  EXPECT_EQ(now(), FilesNow::kDeleted);
  scratch_.write("step/rank/b", "longer");
  EXPECT_EQ(now(), FilesNow::kChanged) << "what is written says more than what is gone";
}

TEST_F(Files, ALinkAndAnotherFileAreNoWrite) {
  fs::create_hard_link(scratch_ / "step/a", scratch_ / "kept");
  scratch_.write("step/results.json", "{}");
  EXPECT_EQ(now(), FilesNow::kSame);
  EXPECT_NE(look().identity(), before_.identity()) << "but somebody was there";
}

TEST_F(Files, ACopyThatKeepsOldTimesIsTouchedNow) {
  const timespec old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  for (const char* name : {"step/a", "step/rank/b"})
    ASSERT_EQ(utimensat(AT_FDCWD, (scratch_ / name).c_str(), old, 0), 0);
  const CheckpointFiles copied = look();
  EXPECT_EQ(copied.newest_written(), 1'000'000'000LL * 1'000'000'000LL);
  EXPECT_GE(copied.newest_touched(), before_.newest_written());
}

}  // namespace
}  // namespace flm::testing
