// What stands at a path, where permissions hide it. Right values: stat(2), glob(7), read(2).
#include "base/system/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <sstream>

#include "base/system/globbed_paths.h"
#include "base/system/read_from.h"
#include "tests/base/system/as_nobody.h"
#include "tests/base/system/failing_bytes.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::StartsWith;

/// open/1/x, closed/1/x that nobody else may enter, hidden -> closed/1/x and dangling -> nowhere.
class Places : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write("open/1/x", "x");
    folder_.write("closed/1/x", "x");
    fs::create_symlink("closed/1/x", in("hidden"));
    fs::create_symlink("nowhere", in("dangling"));
    fs::permissions(folder_.path(), fs::perms::all);
    fs::permissions(in("closed"), fs::perms::none);
  }
  void TearDown() override { fs::permissions(in("closed"), fs::perms::all); }
  std::string in(const std::string& name) const { return folder_ / name; }
  std::string denied(const std::string& name) const {
    return "error: cannot read " + in(name) +
           ": Permission denied; get the right to it or give another path";
  }

  TemporaryFolder folder_;
};

std::string answer(bool yes) { return yes ? "yes" : "no"; }

TEST_F(Places, WhatHasNoNameIsNotThere) {
  for (const std::string& path :
       {in("no"), in("open/1/x/no"), in("dangling"), std::string(5000, 'x')}) {
    EXPECT_FALSE(is_there(path) || is_file(path) || is_folder(path)) << path;
    EXPECT_TRUE(is_gone(path));
    EXPECT_TRUE(entries_of(path).empty());
  }
  EXPECT_TRUE(is_there(in("open")) && is_folder(in("open")) && is_file(in("open/1/x")));
  EXPECT_FALSE(is_file(in("open")) || is_folder(in("open/1/x")) || is_gone(in("open")));
  EXPECT_THAT(entries_of(in("open")), ElementsAre(fs::path(in("open/1"))));
}

TEST_F(Places, OfWhatCannotBeLookedAtNobodyKnows) {
  for (const auto& look :
       std::vector<std::function<bool(const fs::path&)>>{is_there, is_file, is_folder})
    for (const std::string name : {"hidden", "closed/1"})
      EXPECT_EQ(as_nobody([&] { return answer(look(in(name))); }), denied(name));
  EXPECT_EQ(as_nobody([&] { return answer(is_gone(in("hidden"))); }), "no");
  EXPECT_EQ(as_nobody([&] { return std::to_string(entries_of(in("closed")).size()); }),
            "error: cannot read the folder " + in("closed") +
                ": Permission denied; get the right to it or give another path");
}

TEST_F(Places, AFolderThatMayNotBeEnteredIsNotOpen) {
  fs::create_symlink("circle", in("circle"));
  EXPECT_EQ(as_nobody([&] {
              return answer(is_open_folder(in("open"))) + answer(is_open_folder(in("closed"))) +
                     answer(is_open_folder(in("closed/1"))) + answer(is_open_folder(in("circle"))) +
                     answer(is_open_folder(in("no"))) + answer(is_open_folder(in("open/1/x")));
            }),
            "yesnonononono");
}

TEST_F(Places, APatternDoesNotPassOverAFolderThatCannotBeRead) {
  EXPECT_THAT(globbed_paths(in("*/1/x")), ElementsAre(in("closed/1/x"), in("open/1/x")));
  EXPECT_THAT(globbed_paths(in("d*/*")), ElementsAre())
      << "a link that leads nowhere holds nothing";
  EXPECT_EQ(as_nobody([&] { return std::to_string(globbed_paths(in("*/*/x")).size()); }),
            "error: cannot read the folder " + in("closed") +
                ": Permission denied; get the right to it or give another path");
}

TEST(ReadFrom, AFaultIsNotTheEnd) {
  char into[8];
  std::istringstream whole("abcdef");
  EXPECT_EQ(read_from(whole, into, sizeof into, "f"), 6u);
  FailingBytes disk("abcdef");
  std::istream torn(&disk);
  EXPECT_EQ(read_from(torn, into, 4, "f"), 4u);
  EXPECT_THAT(error_of([&] { read_from(torn, into, sizeof into, "f"); }),
              StartsWith("cannot read f: Input/output error"));
}

}  // namespace
}  // namespace flm
