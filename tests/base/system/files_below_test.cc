// What lies below a folder, where not all of it may be read.
#include "base/system/files_below.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/base/system/as_nobody.h"
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
    std::vector<std::string> unread, files = files_below(folder_.path(), &unread);
    files.insert(files.end(), unread.begin(), unread.end());
    return files;
  });
  EXPECT_EQ(seen, in("a/10") + "\n" + in("a/2") + "\n" + in("a/link") + "\n" + in("b") +
                      "\ncannot read the folder " + in("a/closed") +
                      ": Permission denied; get the right to it or give another path\n");
}

}  // namespace
}  // namespace flm
