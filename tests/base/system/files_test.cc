// Whole files out: what is left of one that could not be written, and what no file is replaced by.
#include "base/system/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>

#include "base/errors.h"
#include "tests/temporary_folder.h"

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
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/report.html";
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
  EXPECT_EQ(said, "cannot write " + path +
                      ": File too large; raise the limit on a file's size (ulimit -f) or give "
                      "another path");
  EXPECT_EQ(read_file(path), "before");
  std::filesystem::remove(path);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Files, AFolderIsMadeOrTheReasonTold) {
  const TemporaryFolder folder;
  make_folder(folder.path() + "/a/b");
  make_folder(folder.path() + "/a/b");
  EXPECT_TRUE(std::filesystem::is_directory(folder.path() + "/a/b"));
  write_file_atomically(folder.path() + "/file", "");
  try {
    make_folder(folder.path() + "/file/c");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(error.what(), "cannot make the folder " + folder.path() +
                                "/file/c: Not a directory; give another path");
  }
}

namespace fs = std::filesystem;

class WrittenPlaces : public ::testing::Test {
 protected:
  std::string in(const std::string& name) const { return folder_ / name; }
  std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator());
  }

  TemporaryFolder folder_;
};

TEST_F(WrittenPlaces, APipeGetsTheBytesAndStays) {
  ASSERT_EQ(mkfifo(in("pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", in("link"));
  for (const char* name : {"pipe", "link"}) {
    auto reader = std::async(std::launch::async, [&] { return read_file(in("pipe")); });
    write_file_atomically(in(name), "for the reader");
    if (!fs::is_fifo(in(name))) std::ofstream(in("pipe"));  // a reader would wait for ever
    EXPECT_EQ(reader.get(), "for the reader") << name;
    EXPECT_TRUE(fs::is_fifo(in("pipe"))) << name;
  }
  EXPECT_TRUE(fs::is_symlink(in("link")));
  EXPECT_EQ(entries(), 2);
}

// A shell's > FILE with --junit /dev/stdout: what stands there stays, the bytes follow.
TEST_F(WrittenPlaces, ADescriptorIsWrittenWhereItStands) {
  const int file = open(in("out").c_str(), O_WRONLY | O_CREAT, 0600);
  ASSERT_GE(file, 0);
  ASSERT_EQ(write(file, "before ", 7), 7);
  fs::create_symlink("/proc/self/fd/" + std::to_string(file), in("link"));
  write_file_atomically("/dev/fd/" + std::to_string(file), "one ");
  write_file_atomically(in("link"), "two");
  close(file);
  EXPECT_EQ(read_file(in("out")), "before one two");
  EXPECT_TRUE(fs::is_symlink(in("link")));
  remove_written_file("/dev/fd/0");
  EXPECT_EQ(entries(), 2);
}

TEST_F(WrittenPlaces, OfALinkTheTargetIsWrittenWithItsRights) {
  fs::create_directory(in("shared"));
  write_file_atomically(in("shared/gate.xml"), "before");
  chmod(in("shared/gate.xml").c_str(), 0640);
  fs::create_symlink("shared/gate.xml", in("first"));
  fs::create_symlink("first", in("second"));
  fs::create_symlink("shared/new.xml", in("dangling"));
  write_file_atomically(in("second"), "after");
  write_file_atomically(in("dangling"), "new");
  EXPECT_EQ(read_file(in("shared/gate.xml")), "after");
  EXPECT_EQ(read_file(in("shared/new.xml")), "new");
  EXPECT_EQ(fs::status(in("shared/gate.xml")).permissions(), fs::perms(0640));
  for (const char* link : {"first", "second", "dangling"})
    EXPECT_TRUE(fs::is_symlink(in(link))) << link;
  remove_written_file(in("second"));
  EXPECT_FALSE(fs::exists(in("shared/gate.xml")));
  EXPECT_TRUE(fs::is_symlink(in("first")));
}

TEST_F(WrittenPlaces, ACircleOfLinksIsNamed) {
  fs::create_symlink("b", in("a"));
  fs::create_symlink("a", in("b"));
  try {
    write_file_atomically(in("a"), "x");
    FAIL() << "written";
  } catch (const UserError& error) {
    EXPECT_EQ(error.what(),
              "cannot write " + in("a") + ": Too many levels of symbolic links; give another path");
  }
}

}  // namespace
}  // namespace flm
