// Archives that want to leave their folder, or to fill the disk.
#include "datasets/fetch/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/system/files.h"
#include "tests/datasets/made_archive.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Unpack : public ::testing::Test {
 protected:
  Unpack() { fs::create_directories(root_ / "in"); }

  std::vector<std::string> unpack(
      const std::string& bytes, const ArchiveLimits& limits = {},
      const PlaceMember& place = [](const auto& name) { return name; }) {
    const std::string path = (root_ / "archive").string();
    std::ofstream(path, std::ios::binary) << bytes;
    return unpack_archive(path, (root_ / "in").string(), place, limits);
  }
  /// The error of an archive that is refused; nothing of it may be left.
  std::string refused(const std::string& bytes, const ArchiveLimits& limits = {}) {
    const std::string error = error_of([&] { unpack(bytes, limits); });
    EXPECT_TRUE(fs::is_empty(root_ / "in")) << error;
    EXPECT_EQ(std::distance(fs::directory_iterator(root_), {}), 2) << "the archive and the folder";
    return error;
  }

  const TemporaryFolder made_;
  const fs::path root_ = made_.path();
};

TEST_F(Unpack, FilesAndFoldersOfEveryFormat) {
  for (const char* format : {"zip", "tar", "tar.gz", "tar.xz", "tar.zst"}) {
    SCOPED_TRACE(format);
    const auto files = unpack(made_archive(
        format, {{"./a/", ""}, {"./a/b.csv", "one"}, {"c.csv", ""}, {"数据.csv", "y"}}));
    EXPECT_THAT(files, ElementsAre("a/b.csv", "c.csv", "数据.csv"));
    EXPECT_EQ(read_file((root_ / "in/a/b.csv").string()), "one");
    EXPECT_EQ(read_file((root_ / "in/数据.csv").string()), "y");
    EXPECT_FALSE(fs::exists(root_ / "in/.unpacking"));
  }
}

TEST_F(Unpack, OnlyTheWantedMembersAndThoseWhereTheyBelong) {
  const auto place = [](const std::string& name) {
    return name == "x/keep" ? std::string("kept/file") : std::string();
  };
  const std::string bytes =
      made_archive("tar", {{"x/keep", "1"}, {"x/drop", "2"}, {"x/link", "", "/etc/passwd"}});
  EXPECT_THAT(unpack(bytes, {}, place), ElementsAre("kept/file"));
  EXPECT_EQ(std::distance(fs::recursive_directory_iterator(root_ / "in"), {}), 2);
}

TEST_F(Unpack, NamesThatLeadOutOfTheFolderAreRefused) {
  for (const char* format : {"zip", "tar"})
    for (const char* name : {"../evil", "/tmp/flm_evil", "a/../../evil", "a/..", "..",
                             "a\\..\\evil", "C:evil", "./../evil", "//evil", "a/\nb"}) {
      SCOPED_TRACE(std::string(format) + " " + name);
      const std::string bytes = made_archive(format, {{"good", "1"}, {name, "2"}});
      EXPECT_THAT(refused(bytes), HasSubstr("a member's name leads out of the folder: "));
    }
  EXPECT_FALSE(fs::exists("/tmp/flm_evil"));
}

TEST_F(Unpack, LinksAreRefused) {
  for (const char* format : {"zip", "tar"}) {
    EXPECT_THAT(refused(made_archive(format, {{"dev", "", "/etc"}, {"dev/passwd", "x"}})),
                HasSubstr("is a link or a device, not a file: dev"));
  }
  EXPECT_THAT(refused(made_archive("tar", {{"a", "1"}, {"b", "", "", "a"}})),
              HasSubstr("is a link or a device, not a file: b"));
}

TEST_F(Unpack, WhatComesOutIsBounded) {
  const std::string zeros(std::size_t{3} << 20, '\0');
  for (const char* format : {"zip", "tar.gz", "tar.xz", "tar.zst"}) {
    SCOPED_TRACE(format);
    const std::string bytes = made_archive(format, {{"zeros", zeros}});
    EXPECT_LT(bytes.size(), std::size_t{1} << 17);
    EXPECT_THAT(refused(bytes, {10, std::size_t{1} << 20}),
                HasSubstr("more than 1048576 bytes come out, at zeros"));
  }
  EXPECT_THAT(refused(made_archive("tar", {{"a", ""}, {"b", ""}, {"c", ""}}), {2, 100}),
              HasSubstr("more members than 2"));
}

TEST_F(Unpack, AMemberMayNotComeTwice) {
  EXPECT_THAT(refused(made_archive("tar", {{"a", "1"}, {"./a", "2"}})),
              HasSubstr("the member comes twice: a"));
}

TEST_F(Unpack, AMemberMayNotBeTheFolderOfAnother) {
  EXPECT_THAT(refused(made_archive("tar", {{"a", "1"}, {"a/b", "2"}})), HasSubstr("cannot write"));
}

TEST_F(Unpack, DamageIsNamedAndLeavesTheOldFiles) {
  std::ofstream(root_ / "in/a") << "old";
  const std::string whole = made_archive("tar.gz", {{"a", std::string(100'000, 'x')}, {"b", "2"}});
  for (const std::string& bytes :
       {whole.substr(0, whole.size() / 2), std::string("no archive"), std::string()}) {
    EXPECT_THAT(error_of([&] { unpack(bytes); }), HasSubstr("cannot unpack"));
    EXPECT_EQ(read_file((root_ / "in/a").string()), "old");
  }
}

}  // namespace
}  // namespace flm
