// The commit of a repository as git itself tells it.
#include "base/system/git_commit.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "tests/temporary_folder.h"

namespace flm {
namespace {

class GitCommit : public ::testing::Test {
 protected:
  /// What git prints, without the end of the line.
  std::string git(const std::string& words, const std::string& in = "repository") {
    const std::string command = "cd '" + (place_ / in).string() +
                                "' && GIT_CONFIG_GLOBAL=/dev/null git -c user.name=n "
                                "-c user.email=e -c init.defaultBranch=main " +
                                words + " 2>/dev/null";
    std::FILE* pipe = popen(command.c_str(), "r");
    std::string out;
    for (int c = 0; pipe && (c = std::fgetc(pipe)) != EOF;) out += static_cast<char>(c);
    if (pipe) pclose(pipe);
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }
  std::filesystem::path repository() const { return place_ / "repository"; }
  void commit(const std::string& text) { git("commit --allow-empty -q -m " + text); }
  void expect_as_git(const std::string& in = "repository") {
    const std::string whole = git("rev-parse HEAD", in);
    ASSERT_EQ(whole.size(), 40u);
    EXPECT_EQ(git_commit_in(place_ / in), whole);
    EXPECT_EQ(short_git_commit_around(place_ / in), git("describe --always", in));
  }

  void SetUp() override {
    if (std::system("git --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no git here";
    std::filesystem::create_directories(repository() / "a/b");
    git("init -q");
  }

  TemporaryFolder folder_;
  const std::filesystem::path place_ = folder_.path();
};

TEST_F(GitCommit, ABranchOrNone) {
  EXPECT_EQ(short_git_commit_around(repository()), "") << "no commit yet";
  commit("one");
  expect_as_git();
  git("checkout -q --detach");
  commit("two");
  expect_as_git();
}

TEST_F(GitCommit, AFolderBelowIsOfTheRepository) {
  commit("one");
  EXPECT_EQ(short_git_commit_around(repository() / "a/b"), git("describe --always"));
  EXPECT_EQ(git_commit_in(repository() / "a/b"), "");
  EXPECT_EQ(short_git_commit_around(place_), "");
}

TEST_F(GitCommit, PackedBranches) {
  commit("one");
  git("checkout -q -b topic/x");
  commit("two");
  git("pack-refs --all");
  ASSERT_FALSE(std::filesystem::exists(repository() / ".git/refs/heads/topic/x"));
  expect_as_git();
}

TEST_F(GitCommit, WorktreesHaveAHeadOfTheirOwn) {
  commit("one");
  git("worktree add -q ../tree -b other");
  git("commit --allow-empty -q -m two", "tree");
  expect_as_git("tree");
  expect_as_git();
  EXPECT_NE(git_commit_in(repository()), git_commit_in(place_ / "tree"));
}

// 16 bits of objects are 8 characters: git makes the abbreviation longer as a repository grows.
TEST_F(GitCommit, ManyObjectsMakeALongerHash) {
  {
    std::ofstream stream(place_ / "import");
    constexpr int kBlobs = 33'000;
    for (int i = 0; i < kBlobs; ++i) {
      const std::string text = std::to_string(i);
      stream << "blob\ndata " << text.size() << "\n" << text << "\n";
    }
    stream << "commit refs/heads/main\ncommitter n <e> 0 +0000\ndata 1\nx\n";
  }
  git("fast-import --quiet < ../import");
  expect_as_git();
  EXPECT_GT(short_git_commit_around(repository()).size(), 7u);
}

TEST_F(GitCommit, WhatIsNoRepository) {
  std::ofstream(place_ / ".git") << "gitdir: nowhere\n";
  EXPECT_EQ(git_commit_in(place_), "");
  std::filesystem::remove_all(repository() / ".git/objects");
  std::ofstream(repository() / ".git/HEAD") << "ref: HEAD\n";
  EXPECT_EQ(git_commit_in(repository()), "");
}

}  // namespace
}  // namespace flm
