// Groups: whose override wins, tasks and groups written in place, patterns, repeated keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tasks/selection/task_folder.h"

namespace flm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Groups : public testing::TaskFolder {};

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

TEST_F(Groups, AMemberThatIsNowhereIsToldWithTheGroupAndWhereItWasLookedFor) {
  write("g.yaml", "group: g\ntask: [one, thre]\n");
  try {
    load("g");
    FAIL() << "no member has this name";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), ::testing::EndsWith("and no file thre.yaml beside the group; "
                                                  "--include-path DIR finds tasks by their names "
                                                  "(asked: thre)"));
    EXPECT_THAT(error.what(), HasSubstr("g.yaml: a member"));
  }
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

// Arithmetic, and lm_eval 0.4.13: a group's children are a dict by name.
TEST_F(Groups, AMemberThatIsReachedTwiceCountsOnce) {
  write("list.yaml", "group: list\ntask: [one, two, one]\n");
  write("mixed.yaml", "group: mixed\ntask: [both, one]\n");
  for (const std::string group : {"list", "mixed"}) {
    const TaskSelection selection = load(group);
    EXPECT_THAT(selection.groups.at(0).children, ElementsAre("one", "two"));
    EXPECT_THAT(selection.groups.at(0).leaves, ElementsAre("one", "two"));
    EXPECT_THAT(selection.notes, ElementsAre());
  }
}

// lm_eval 0.4.13, api/group.py get_all_tasks: the leaves of every child in turn.
TEST_F(Groups, ATaskInTwoPartsCountsInEachAndTheUserIsTold) {
  write("g.yaml",
        "group: g\ntask:\n  - {group: left, task: [one, two]}\n  - {group: right, task: [one]}\n");
  const TaskSelection selection = load("g");
  EXPECT_THAT(selection.groups.at(0).children, ElementsAre("g::left", "g::right"));
  EXPECT_THAT(selection.groups.at(0).leaves, ElementsAre("one", "two", "one"));
  EXPECT_THAT(names(selection), ElementsAre("one", "two"));
  EXPECT_THAT(selection.notes, ElementsAre(HasSubstr("counts one more than once")));
}

TEST_F(Groups, AGroupThatIsReachedTwiceStandsThereOnce) {
  write("inner.yaml", "group: inner\ntask: [one]\n");
  write("outer.yaml", "group: outer\ntask: [inner, two]\n");
  for (const std::vector<std::string>& asked :
       {std::vector<std::string>{"inner", "outer"}, {"outer", "inner"}, {"outer", "outer"}}) {
    const TaskSelection selection = load_all(asked);
    ASSERT_EQ(selection.groups.size(), 2U);
    EXPECT_EQ(selection.groups[0].name, "outer") << "parents stand first";
    EXPECT_EQ(selection.groups[1].name, "inner");
  }
}

class Circles : public Groups {
 protected:
  void expect_refused(const std::string& name, const std::string& chain) {
    const std::string message = error_of({name});
    EXPECT_THAT(message, HasSubstr(chain));
    EXPECT_THAT(message, HasSubstr(".yaml: the group "));
    EXPECT_THAT(validate_task_file(path(name + ".yaml"), "", folder_.string()),
                ElementsAre(HasSubstr("holds itself")));
    EXPECT_THROW(known_tasks(folder_.string()), UserError);
    EXPECT_THAT(names(load("one")), ElementsAre("one")) << "the others still run";
  }
};

TEST_F(Circles, AGroupInItselfIsRefused) {
  write("self.yaml", "group: self\ntask: [one, self]\n");
  expect_refused("self", "self -> self");
}

TEST_F(Circles, AGroupInItselfThroughOthersIsRefused) {
  write("a.yaml", "group: a\ntask: [one, {group: within, task: [b]}]\n");
  write("b.yaml", "group: b\ntask: [{group: a, description: 'D '}]\n");
  expect_refused("a", "a -> a::within -> b -> a");
}

TEST_F(Circles, AGroupWithTheNameOfItsMembersTagIsRefused) {
  write("both.yaml", "group: both\ntask: [both]\n");
  expect_refused("both", "both -> both");
}

TEST_F(Groups, WhatNoMemberHasIsFoundWithTheNearestName) {
  write("g.yaml",
        "group: g\ntask: [one]\naggregate_metric_list:\n  - {metric: exact_mach}\n"
        "  - {metric: exact_match, filter_list: [nine]}\n");
  const auto findings = ElementsAre(
      HasSubstr("g.yaml:4: no member of the group has the metric exact_mach; did you mean "
                "exact_match?"),
      HasSubstr("g.yaml:5: no member of the group has the filter nine"));
  EXPECT_THAT(load("g").notes, findings);
  EXPECT_THAT(validate_task_file(path("g.yaml"), "", folder_.string()), findings);
}

}  // namespace
}  // namespace flm
