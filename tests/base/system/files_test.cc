// What is left of a file that could not be written.
#include "base/system/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "base/errors.h"

namespace flm {
namespace {

/// Files cannot grow beyond `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

// As on a full disk: the beginning would take the last of the room.
TEST(Files, WhatCouldNotBeWrittenLeavesNothingBehind) {
  std::string folder = (std::filesystem::temp_directory_path() / "flm-files-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/report.html";
  write_file_atomically(path, "before");
  std::string said;
  {
    const FileSizeLimit limit(1000);
    try {
      write_file_atomically(path, std::string(100'000, 'x'));
    } catch (const UserError& error) {
      said = error.what();
    }
  }
  EXPECT_EQ(said, "cannot write " + path + ": File too large");
  EXPECT_EQ(read_file(path), "before");
  std::filesystem::remove(path);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove(folder);
}

TEST(Files, AFolderIsMadeOrTheReasonTold) {
  std::string folder = (std::filesystem::temp_directory_path() / "flm-files-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  make_folder(folder + "/a/b");
  make_folder(folder + "/a/b");
  EXPECT_TRUE(std::filesystem::is_directory(folder + "/a/b"));
  write_file_atomically(folder + "/file", "");
  try {
    make_folder(folder + "/file/c");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(error.what(), "cannot make the folder " + folder + "/file/c: Not a directory");
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace flm
