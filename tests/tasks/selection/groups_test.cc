// Groups: whose override wins, tasks and groups written in place, patterns, repeated keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/errors.h"
#include "tasks/task.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Groups : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_);
    write("rows.jsonl", "{\"q\": \"one?\", \"a\": \"1\"}\n");
    write("_base_yaml",
          "dataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\n"
          "test_split: test\ndoc_to_text: q\ndoc_to_target: a\n");
    for (const std::string name : {"one", "two"})
      write(name + ".yaml", "include: _base_yaml\ntask: " + name + "\ntag: both\n");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  TaskSelection load(const std::string& name) {
    TaskOptions options;
    options.tasks = {name};
    options.include_path = folder_.string();
    return load_tasks(options);
  }
  static std::string prompt(const Task& task) {
    return task.items(std::vector<std::int64_t>{0}).at(0).requests.at(0).context;
  }
  static std::vector<std::string> names(const TaskSelection& selection) {
    std::vector<std::string> out;
    for (const auto& task : selection.tasks) out.push_back(task->name());
    return out;
  }

  fs::path folder_ = fs::path(::testing::TempDir()) / ("flm_groups_" + std::to_string(getpid()));
};

TEST_F(Groups, TheOuterGroupsKeyWinsOverTheInnersDefaultAndTheMembersOwnOverBoth) {
  write("g.yaml",
        "group: g\ndescription: 'outer '\ntask:\n"
        "  - group: inner\n    description: 'inner '\n    task: [one]\n"
        "  - {task: two, description: 'own '}\n");
  const TaskSelection selection = load("g");
  EXPECT_EQ(prompt(*selection.tasks.at(0)), "outer one?");
  EXPECT_EQ(prompt(*selection.tasks.at(1)), "own one?");
}

TEST_F(Groups, AnInnerGroupsDefaultReachesItsMembersWhereNobodyElseSaysSomething) {
  write("g.yaml", "group: g\ntask:\n  - {group: inner, description: 'inner ', task: [one]}\n");
  EXPECT_EQ(prompt(*load("g").tasks.at(0)), "inner one?");
}

TEST_F(Groups, AKnownGroupMayBeAMemberWithOverrides) {
  write("pair.yaml", "group: pair\ntask: [one, two]\n");
  write("g.yaml", "group: g\ntask:\n  - {group: pair, description: 'D '}\n");
  const TaskSelection selection = load("g");
  EXPECT_THAT(names(selection), ElementsAre("one", "two"));
  EXPECT_EQ(prompt(*selection.tasks.at(1)), "D one?");
  EXPECT_THAT(selection.groups.at(0).children, ElementsAre("pair"));
}

TEST_F(Groups, ATaskWrittenInPlaceIsNamedAfterItsGroup) {
  write("g.yaml",
        "group: g\ndataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\ntask:\n"
        "  - {task: here, test_split: test, doc_to_text: q, doc_to_target: a}\n");
  EXPECT_THAT(names(load("g")), ElementsAre("g::here"));
}

TEST_F(Groups, AGroupMayIncludeItsKeys) {
  write("_metrics_yaml", "aggregate_metric_list: [{metric: exact_match, weight_by_size: false}]\n");
  write("g.yaml", "include: _metrics_yaml\ngroup: g\ngroup_alias: G\ntask: [both]\n");
  const TaskSelection selection = load("g");
  EXPECT_EQ(selection.groups.at(0).alias, "G");
  EXPECT_FALSE(selection.groups.at(0).metrics.at(0).weight_by_size);
  EXPECT_THAT(selection.groups.at(0).children, ElementsAre("one", "two"));  // a tag's tasks
}

TEST_F(Groups, APatternChoosesNames) {
  EXPECT_THAT(names(load("t[vw]*")), ElementsAre("two"));
  EXPECT_THROW(load("nothing_like_*"), UserError);
}

TEST_F(Groups, OfARepeatedKeyTheLastCountsAndTheUserIsTold) {
  write("three.yaml", "include: _base_yaml\ntask: three\ndescription: 'a '\ndescription: 'b '\n");
  const TaskSelection selection = load("three");
  EXPECT_EQ(prompt(*selection.tasks.at(0)), "b one?");
  EXPECT_THAT(selection.notes, ElementsAre(HasSubstr("three.yaml:4: duplicate key")));
}

TEST_F(Groups, OfTwoFilesWithOneNameTheFirstCounts) {
  write("zz.yaml", "include: _base_yaml\ntask: one\ndescription: 'late '\n");
  EXPECT_EQ(prompt(*load("one").tasks.at(0)), "one?");
}

}  // namespace
}  // namespace flm
