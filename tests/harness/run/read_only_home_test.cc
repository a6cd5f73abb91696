// Where home and cache cannot be written, as on clusters and in containers, a run does without
// them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/program.h"

namespace flm::testing {
namespace {

/// For root too: the kernel lets nobody make files in /proc, and a folder below a file is none.
class ReadOnlyHome : public ::testing::Test {
 protected:
  ReadOnlyHome() {
    setenv("HOME", "/proc", 1);
    scratch_.write("cache", "a file in the place of XDG_CACHE_HOME");
  }
  ~ReadOnlyHome() override {
    before_.empty() ? unsetenv("HOME") : setenv("HOME", before_.c_str(), 1);
  }

  const std::string before_ = std::getenv("HOME") ? std::getenv("HOME") : "";
  const Scratch scratch_;
};

TEST_F(ReadOnlyHome, ARunWritesWhereItStarts) {
  const Outcome outcome = run(scratch_, {"run", "--model", nano(), "--tasks", "hellaswag",
                                         "--limit", "2", "--verify", "1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("hellaswag"));
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "flmeval.db"));
  EXPECT_EQ(run(scratch_, {"report", "latest"}).exit_code, 0);
}

TEST_F(ReadOnlyHome, WhatTheMachineHasIsTold) { EXPECT_EQ(run(scratch_, {"doctor"}).exit_code, 0); }

/// As a home that this user may not enter (sudo -u, docker run --user); for root too: nobody gets
/// through a link to itself.
TEST_F(ReadOnlyHome, OneThatCannotBeEnteredHasNoCaches) {
  std::filesystem::create_symlink("home", scratch_ / "home");
  setenv("HOME", (scratch_ / "home").c_str(), 1);
  setenv("HF_HOME", (scratch_ / "home/.cache/huggingface").c_str(), 1);
  const Outcome outcome =
      run(scratch_, {"run", "--model", nano(), "--tasks", "bpb_en_code", "--limit", "1"});
  unsetenv("HF_HOME");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("bpb_en_code"));
}

}  // namespace
}  // namespace flm::testing
