// What lies below a folder, where not all of it may be read.
#include "base/system/files_below.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "base/system/places.h"
#include "tests/base/system/as_nobody.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

class FilesBelow : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(in("a/closed"));
    for (const char* name : {"a/2", "a/10", "b"}) std::ofstream(in(name)).flush();
    fs::create_symlink("2", in("a/link"));
    fs::create_directory_symlink("a", in("again"));
    fs::permissions(folder_.path(), fs::perms::all);
    fs::permissions(in("a/closed"), fs::perms::none);
  }
  void TearDown() override { fs::permissions(in("a/closed"), fs::perms::all); }
  std::string in(const std::string& name) const { return folder_ / name; }

  TemporaryFolder folder_;
};

/// Line by line.
std::string seen_by_nobody(const std::function<std::vector<std::string>()>& look) {
  return as_nobody([&] {
    std::string text;
    for (const std::string& line : look()) text += line + "\n";
    return text;
  });
}

TEST_F(FilesBelow, AClosedFolderIsNamed) {
  EXPECT_EQ(seen_by_nobody([&] { return files_below(folder_.path()); }),
            "error: cannot read the folder " + in("a/closed") +
                ": Permission denied; get the right to it or give another path");
}

TEST_F(FilesBelow, TheOthersAreReadWhereItIsNoted) {
  const std::string seen = seen_by_nobody([&] {
    std::vector<UnreadPath> unread;
    std::vector<std::string> files = files_below(folder_.path(), &unread);
    for (const UnreadPath& one : unread) files.push_back(one.path + ": " + one.fault);
    return files;
  });
  EXPECT_EQ(seen, in("a/10") + "\n" + in("a/2") + "\n" + in("a/link") + "\n" + in("b") + "\n" +
                      in("a/closed") + ": cannot read the folder " + in("a/closed") +
                      ": Permission denied; get the right to it or give another path\n");
}

/// stat(2) of a link says what stands behind it, or why nobody knows.
TEST_F(FilesBelow, ALinkIntoAClosedFolderIsNoFileThatIsMissing) {
  fs::create_symlink("closed/x", in("a/hidden"));
  fs::remove(in("again"));
  const std::string denied = "cannot read " + in("a/hidden") +
                             ": Permission denied; get the right to it or give another path";
  EXPECT_THAT(seen_by_nobody([&] {
                std::vector<UnreadPath> unread;
                files_below(folder_.path(), &unread);
                std::vector<std::string> faults;
                for (const UnreadPath& one : unread) faults.push_back(one.fault);
                return faults;
              }),
              testing::HasSubstr(denied));
}

/// POSIX ends a path at its first NUL, so that "FOLDER/\0..." would be FOLDER and be found below
/// itself.
TEST_F(FilesBelow, APathWithANulNamesNothing) {
  const std::string inside = in(std::string("\0", 1)), behind = in(std::string("b\0c", 3));
  for (const std::string& path : {inside, behind}) {
    EXPECT_FALSE(is_there(path) || is_folder(path) || is_file(path) || is_open_folder(path));
    EXPECT_TRUE(is_gone(path));
    EXPECT_EQ(entries_of(path).size(), 0u);
  }
  EXPECT_EQ(
      error_of([&] { files_below(behind); }),
      "cannot read the folder " + in("b\\0c") + ": No such file or directory; give another path");
}

TEST_F(FilesBelow, ALinkThatLeadsNowhereIsToldWhereSomebodyAsks) {
  fs::create_symlink("nowhere", in("a/lost"));
  std::vector<UnreadPath> unread;
  EXPECT_EQ(files_below(folder_.path(), &unread), files_below(folder_.path()));
  ASSERT_EQ(unread.size(), 1u);
  EXPECT_EQ(unread[0].path, in("a/lost"));
  EXPECT_EQ(unread[0].fault, "a link that leads nowhere: " + in("a/lost"));
}

}  // namespace
}  // namespace flm
