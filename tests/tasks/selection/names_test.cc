// A name stands for one task in a run: of two of one name none is dropped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tasks/selection/task_folder.h"

namespace flm {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Names : public testing::TaskFolder {
 protected:
  void SetUp() override {
    TaskFolder::SetUp();
    write("elsewhere/rows.jsonl", "{\"q\": \"other?\", \"a\": \"1\"}\n");
    write("elsewhere/_base_yaml",
          "dataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\n"
          "test_split: test\ndoc_to_text: q\ndoc_to_target: a\n");
  }
};

// lm_eval 0.4.13 takes the first file, and keeps a debug line to itself.
TEST_F(Names, TwoFilesOfOneNameBelowTheIncludePathAreRefusedWhenAskedFor) {
  write("elsewhere/same.yaml", "include: _base_yaml\ntask: one\n");
  EXPECT_THAT(error_of({"one"}), AllOf(HasSubstr(path("elsewhere/same.yaml")),
                                       HasSubstr(path("one.yaml")), HasSubstr("rename")));
  EXPECT_THAT(names(load("two")), ElementsAre("two")) << "who asks for another is not concerned";
  EXPECT_EQ(prompt(*load(path("elsewhere/same.yaml")).tasks.at(0)), "other?") << "by its file";
  for (const KnownTask& task : known_tasks(folder_.string())) {
    if (task.name == "one") {
      EXPECT_THAT(task.description, HasSubstr("two files have this name"));
    }
  }
}

// lm_eval 0.4.13 keeps the last; the text of both is the same here, the rows are not.
TEST_F(Names, TwoFilesOfOneNameAreRefusedWithBothPlaces) {
  write("elsewhere/x.yaml", "include: _base_yaml\ntask: one\ntag: both\n");
  EXPECT_THAT(error_of({path("one.yaml"), path("elsewhere/x.yaml")}),
              AllOf(HasSubstr("two tasks have the name one"), HasSubstr(path("one.yaml")),
                    HasSubstr(path("elsewhere/x.yaml"))));
}

// A data root has one folder for each set: mmlu/, bpb/.
TEST_F(Names, AFolderHereOfATasksNameIsNoFolderOfTasks) {
  write("one/rows.jsonl", "{}\n");
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  EXPECT_THAT(names(load("one")), ElementsAre("one"));
  EXPECT_THAT(error_of({"./one"}), HasSubstr("no task files"));
  std::filesystem::current_path(here);
}

/// As lm_eval's --tasks "/path/to/*.yaml"; files that others include are no tasks.
TEST_F(Names, APatternOfPathsIsTheFilesThatItMatches) {
  write("three.yaml", "include: _base_yaml\ntask: three\n");
  write("_two_base.yaml", "doc_to_text: q\n");
  EXPECT_THAT(names(load(path("t*.yaml"))), ElementsAre("three", "two"));
  EXPECT_THAT(names(load(path("*.yaml"))), ElementsAre("one", "three", "two"));
  EXPECT_THAT(names(load(path("[no]*.yaml"))), ElementsAre("one"));
  EXPECT_THAT(error_of({path("x*.yaml")}), HasSubstr("x*.yaml"));
}

TEST_F(Names, OneFileTwiceIsOneTask) {
  EXPECT_THAT(names(load_all({path("one.yaml"), path("./one.yaml")})), ElementsAre("one"));
}

// lm_eval 0.4.13: "Duplicate task 'one': found in both 'ga' and 'gb'".
TEST_F(Names, OneTaskInTwoWaysIsRefusedWithBothGroups) {
  write("ga.yaml", "group: ga\ntask: [{task: one}]\n");
  write("gb.yaml", "group: gb\ntask: [{task: one, doc_to_text: 'B {{q}}'}]\n");
  EXPECT_THAT(error_of({"ga", "gb"}),
              AllOf(HasSubstr("the task one is asked for in two ways, by ga and by gb")));
  write("top.yaml", "group: top\ntask: [ga, gb]\n");
  EXPECT_THAT(error_of({"top"}), HasSubstr("by top -> ga and by top -> gb"));
  EXPECT_EQ(prompt(*load("gb").tasks.at(0)), "B one?") << "each alone is right";
}

TEST_F(Names, OneTaskWithOtherShotsIsRefusedWithBothCountsUnlessAFlagMakesThemEqual) {
  write("ga.yaml", "group: ga\ntask: [{task: one, num_fewshot: 5}]\n");
  write("gb.yaml", "group: gb\ntask: [one]\n");
  EXPECT_THAT(error_of({"ga", "gb"}),
              AllOf(HasSubstr("with 5 shots by ga and with 0 shots by gb"),
                    HasSubstr("run them apart, or give both the same with --num-fewshot N")));
  TaskOptions options;
  options.tasks = {"ga", "gb"};
  options.include_path = folder_.string();
  options.num_fewshot = 0;
  EXPECT_THAT(names(load_tasks(options)), ElementsAre("one"));
}

TEST_F(Names, OneTaskInTwoGroupsInOneWayIsShared) {
  write("ga.yaml", "group: ga\ntask: [one]\n");
  write("gb.yaml", "group: gb\ntask: [one, two]\n");
  EXPECT_THAT(names(load_all({"ga", "gb"})), ElementsAre("one", "two"));
}

TEST_F(Names, TwoGroupsOfOneNameAreRefused) {
  write("ga.yaml", "group: g\ntask: [one]\n");
  write("elsewhere/gb.yaml", "group: g\ntask: [two]\n");
  EXPECT_THAT(error_of({path("ga.yaml"), path("elsewhere/gb.yaml")}),
              HasSubstr("two groups have the name g and differ"));
}

TEST_F(Names, AUsersTaskInPlaceOfABuiltInOneIsTold) {
  write("mine.yaml", "include: _base_yaml\ntask: gsm8k\n");
  EXPECT_THAT(load("gsm8k").notes,
              ElementsAre(AllOf(HasSubstr("gsm8k of " + path("mine.yaml")),
                                HasSubstr("stands in place of the built-in"))));
}

TEST_F(Names, EverySetThatIsMissingIsNamedAtOnce) {
  std::filesystem::create_directories(folder_ / "data/bpb/en");
  write("data/bpb/en/books.jsonl", "{\"text\": \"A page.\"}\n");
  TaskOptions options;
  options.data_root = path("data");
  options.tasks = {"gsm8k", "bpb", "mmlu_anatomy", "mmlu_virology"};
  try {
    load_tasks(options);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(std::string(error.what()),
              "the data of 2 sets are not here; type: flmeval data fetch gsm8k mmlu --data " +
                  path("data") +
                  "; flmeval data list gsm8k mmlu names their sources (missing: gsm8k, mmlu)");
  }
  write("goat.yaml",
        "task: goat\ndataset_path: nobody/goat\ntest_split: test\ndoc_to_text: q\n"
        "doc_to_target: a\n");
  options.tasks = {"gsm8k", path("goat.yaml")};
  EXPECT_EQ(
      flm::error_of([&] { load_tasks(options); }),
      "the data of 2 sets are not here; type: flmeval data fetch gsm8k --data " + path("data") +
          "; type: hf download --repo-type dataset nobody/goat; flmeval data list gsm8k names "
          "their sources (missing: gsm8k, nobody/goat)");
  options.tasks = {"mmlu_anatomy", "mmlu_virology"};
  try {
    load_tasks(options);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("type: flmeval data fetch mmlu --data " + path("data")));
  }
}

TEST_F(Names, NoShotsStandBeforeATextThatIsScoredAsAWhole) {
  write("pages.yaml",
        "include: _base_yaml\ntask: pages\noutput_type: loglikelihood_rolling\n"
        "doc_to_text: ''\ndoc_to_target: q\nmetric_list: [{metric: bits_per_byte}]\n");
  const auto load_with = [&](std::optional<int> shots) {
    TaskOptions options;
    options.tasks = {"pages"};
    options.include_path = folder_.string();
    options.num_fewshot = shots;
    return load_tasks(options);
  };
  const TaskSelection with = load_with(1), without = load_with(std::nullopt);
  EXPECT_EQ(with.tasks.at(0)->num_fewshot(), 1);  // n-shot of lm-evaluation-harness 0.4.13
  EXPECT_EQ(without.tasks.at(0)->num_fewshot(), 0);
  EXPECT_EQ(with.tasks.at(0)->data_hash(), without.tasks.at(0)->data_hash());
  EXPECT_THAT(with.notes, ElementsAre(HasSubstr("scored as a whole: pages")));
  EXPECT_TRUE(without.notes.empty());
}

// piqa, ifeval and agieval are names of lm-evaluation-harness 0.4.13 (its TaskManager().all_tasks).
TEST_F(Names, ThoseOfLmEvalAreKnownAsSuch) {
  const auto text_of = [](const std::string& name, const std::string& include_path) {
    TaskOptions options;
    options.tasks = {name};
    options.include_path = include_path;
    try {
      load_tasks(options);
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  for (const std::string name : {"piqa", "ifeval", "agieval", "20_newsgroups", "zhoblimp_you_yige"})
    EXPECT_THAT(text_of(name, ""),
                AllOf(HasSubstr("lm-evaluation-harness 0.4.13 has it"), HasSubstr("--include-path"),
                      HasSubstr("(asked: " + name + ")")))
        << name;
  EXPECT_THAT(text_of("ifeval", folder_.string()), HasSubstr("see flmeval tasks list"))
      << "its files are not below the path that was given";
  EXPECT_THAT(text_of("gsm8q", ""), HasSubstr("did you mean gsm8k?"));
}

}  // namespace
}  // namespace flm
