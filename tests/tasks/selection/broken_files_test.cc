// A file of --include-path that cannot be read: whoever asks for its name gets no other task in its
// place, and the others are told of it. (lm_eval 0.4.13 passes over such a file in silence.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/broken_task_files.h"
#include "tests/base/system/as_nobody.h"
#include "tests/tasks/selection/task_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class BrokenTaskFiles : public testing::TaskFolder {
 protected:
  void SetUp() override {
    TaskFolder::SetUp();
    fs::permissions(folder_, fs::perms::all);
  }
  void expect_refused(const std::string& asked, const std::string& file) {
    EXPECT_THAT(error_of({asked}),
                AllOf(StartsWith("a file of --include-path that may be what is asked for cannot "
                                 "be read: "),
                      HasSubstr(path(file)), EndsWith("(asked: " + asked + ")")))
        << asked;
  }
};

constexpr const char* kUnread = "1 file of --include-path cannot be read and gives no task: ";

TEST_F(BrokenTaskFiles, OfABuiltInTasksNameIsNotReplacedByThat) {
  write("x.yaml", "task: truthfulqa_mc1\ndataset_path: [\n");
  expect_refused("truthfulqa_mc1", "x.yaml");
  expect_refused("truthfulqa_*", "x.yaml");
  expect_refused("x", "x.yaml");
}

TEST_F(BrokenTaskFiles, OthersServeAndTheUserIsTold) {
  write("x.yaml", "task: truthfulqa_mc1\ndataset_path: [\n");
  const TaskSelection selection = load("one");
  EXPECT_THAT(names(selection), ElementsAre("one"));
  EXPECT_THAT(selection.notes, Contains(AllOf(StartsWith(kUnread + path("x.yaml")))));
  EXPECT_THAT(broken_task_files_note(folder_.string()), StartsWith(kUnread));
}

TEST_F(BrokenTaskFiles, GroupsAndTagsAreNamesToo) {
  write("g.yaml", "group: mine   # all of them\ntask:\n  - one\n  - two\nx: [\n");
  write("t.yaml", "tag:\n  - both\n  - 'other'\ntask: three\ny: {\n");
  write("u.yaml", "tag: [inner, outer]\nz: [\n");
  expect_refused("mine", "g.yaml");
  for (const std::string name : {"both", "other", "three"}) expect_refused(name, "t.yaml");
  for (const std::string name : {"inner", "outer"}) expect_refused(name, "u.yaml");
  EXPECT_THAT(names(load("one")), ElementsAre("one")) << "a member of the broken group is whole";
}

TEST_F(BrokenTaskFiles, AMemberOfAGroupIsRefusedInThem) {
  write("x.yaml", "task: truthfulqa_mc1\ndataset_path: [\n");
  write("g.yaml", "group: g\ntask: [one, {task: truthfulqa_mc1, num_fewshot: 0}]\n");
  EXPECT_THAT(error_of({"g"}), AllOf(HasSubstr(path("x.yaml")), HasSubstr("truthfulqa_mc1")));
}

TEST_F(BrokenTaskFiles, ALinkThatLeadsNowhereIsOne) {
  fs::create_symlink("nowhere.yaml", folder_ / "truthfulqa_mc1.yaml");
  fs::create_symlink("nowhere", folder_ / "notes.txt");
  expect_refused("truthfulqa_mc1", "truthfulqa_mc1.yaml");
  EXPECT_THAT(load("one").notes,
              ElementsAre(kUnread + ("a link that leads nowhere: " + path("truthfulqa_mc1.yaml"))));
}

TEST_F(BrokenTaskFiles, WhatPermissionsCloseIsOne) {
  write("truthfulqa_mc1.yaml", "include: _base_yaml\ntask: truthfulqa_mc1\n");
  write("gsm8k/gsm8k.yaml", "include: _base_yaml\ntask: gsm8k\n");
  EXPECT_THAT(names(load("truthfulqa_mc1")), ElementsAre("truthfulqa_mc1"));
  fs::permissions(folder_ / "truthfulqa_mc1.yaml", fs::perms::none);
  fs::permissions(folder_ / "gsm8k", fs::perms::none);
  const auto refused = [&](const std::string& name) {
    return as_nobody([&] { return error_of({name}); });
  };
  EXPECT_THAT(refused("truthfulqa_mc1"), HasSubstr("truthfulqa_mc1.yaml: Permission denied"));
  EXPECT_THAT(refused("gsm8k"), HasSubstr(path("gsm8k") + ": Permission denied"));
  EXPECT_EQ(refused("one"), "");
  fs::permissions(folder_ / "gsm8k", fs::perms::all);
}

TEST_F(BrokenTaskFiles, AFolderThatCannotBeReadIsRefused) {
  fs::permissions(folder_, fs::perms::none);
  EXPECT_EQ(as_nobody([&] { return error_of({"truthfulqa_mc1"}); }),
            "--include-path: cannot read the folder " + folder_.string() +
                ": Permission denied; get the right to it or give another path");
  fs::permissions(folder_, fs::perms::all);
}

}  // namespace
}  // namespace flm
