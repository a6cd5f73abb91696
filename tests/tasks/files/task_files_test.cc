// Task files of the user: includes, overrides, groups, tags, and errors that name file and line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/errors.h"
#include "base/sha256.h"
#include "tasks/task.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TaskFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    write("rows.jsonl",
          "{\"q\": \"one?\", \"a\": \"1\", \"pre\": \"It is\"}\n"
          "{\"q\": \"two?\", \"a\": \"2\", \"pre\": \"That is\"}\n"
          "{\"q\": \"three?\", \"a\": \"3\", \"pre\": \"\"}\n");
    write("_base_yaml",
          "dataset_path: json\n"
          "dataset_kwargs: {data_files: {test: rows.jsonl}}\n"
          "output_type: generate_until\n"
          "test_split: test\n"
          "fewshot_split: test\n"
          "fewshot_config: {sampler: first_n}\n"
          "doc_to_text: q\n"
          "doc_to_target: a\n"
          "tag: mine\n"
          "num_fewshot: 1\n");
    write("one.yaml", "include: _base_yaml\ntask: one\n");
    write("two.yaml", "include: _base_yaml\ntask: two\nnum_fewshot: 0\n");
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  TaskSelection load(const std::string& name, std::optional<int> shots = std::nullopt) {
    TaskOptions options;
    options.tasks = {name};
    options.include_path = folder_.string();
    options.num_fewshot = shots;
    return load_tasks(options);
  }
  std::string error(const std::string& text) {
    write("bad.yaml", text);
    return error_of([&] { load((folder_ / "bad.yaml").string()); });
  }
  static std::string prompt(const Task& task, std::int64_t id) {
    return task.items(std::vector<std::int64_t>{id}).at(0).requests.at(0).context;
  }

  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
};

TEST_F(TaskFiles, AnIncludedKeyIsOverriddenByTheFileItself) {
  const TaskSelection one = load("one");
  EXPECT_EQ(one.tasks.at(0)->num_fewshot(), 1);
  EXPECT_EQ(prompt(*one.tasks[0], 0), "two? 2\n\none?");  // the document itself is no shot
  EXPECT_EQ(prompt(*one.tasks[0], 2), "one? 1\n\nthree?");
  EXPECT_EQ(load("one", 2).tasks.at(0)->num_fewshot(), 2);
  EXPECT_EQ(load("two", 2).tasks.at(0)->num_fewshot(), 0);  // 0 in the file cannot be overridden
}

/// A shot's prefix is the shot's own: lm-evaluation-harness renders it on the shot's document.
TEST_F(TaskFiles, GenPrefixIsATemplateOfEachDocument) {
  write("prefix.yaml", "include: _base_yaml\ntask: prefix\ngen_prefix: '{{pre}}'\n");
  const TaskSelection selection = load("prefix");
  EXPECT_EQ(prompt(*selection.tasks[0], 0), "two? That is 2\n\none? It is");
  EXPECT_EQ(prompt(*selection.tasks[0], 2), "one? It is 1\n\nthree?");
}

TEST_F(TaskFiles, TagsGroupsAndOverridesResolve) {
  EXPECT_EQ(load("mine").tasks.size(), 2u);
  EXPECT_THAT(load("mine").groups, IsEmpty());
  write("all.yaml",
        "group: all\ngroup_alias: everything\ntask:\n"
        "  - mine\n"
        "  - group: inner\n    task: [one]\n"
        "aggregate_metric_list: [{metric: exact_match, weight_by_size: false, filter_list: none}]\n"
        "metadata: {version: 3}\n");
  const TaskSelection all = load("all");
  ASSERT_EQ(all.groups.size(), 2u);
  EXPECT_THAT(all.groups[0].children, ElementsAre("one", "two", "all::inner"));
  EXPECT_EQ(all.groups[0].alias, "everything");
  EXPECT_EQ(all.groups[0].version, "\"3\"");
  EXPECT_FALSE(all.groups[0].metrics.at(0).weight_by_size);
  EXPECT_EQ(all.groups[1].name, "all::inner");
  EXPECT_EQ(all.tasks.size(), 2u);  // each leaf once
}

TEST_F(TaskFiles, DocumentsMayBeClusteredByAColumnOrATemplate) {
  write("three.yaml", "include: _base_yaml\ntask: three\ncluster: '{{q[0]}}'\n");
  const auto clusters = [&](const std::string& name) {
    std::vector<std::string> out;
    for (const TaskItem& item : load(name).tasks.at(0)->items(std::vector<std::int64_t>{0, 1, 2}))
      out.push_back(item.cluster);
    return out;
  };
  EXPECT_THAT(clusters("three"), ElementsAre("three/o", "three/t", "three/t"));
  EXPECT_THAT(clusters("one"), ElementsAre("one", "one", "one"));
  write("passage.yaml", "include: _base_yaml\ntask: passage\ncluster: '{{q[0] * 65}}'\n");
  const std::vector<std::string> hashed = clusters("passage");  // a long text, by its hash
  EXPECT_EQ(hashed[0], "passage/" + sha256_hex(std::string(65, 'o')).substr(0, 16));
  EXPECT_EQ(hashed[1], hashed[2]);
}

TEST_F(TaskFiles, FaultsNameFileLineAndTheNearestKey) {
  const std::string start = "include: _base_yaml\ntask: bad\n";
  EXPECT_THAT(error(start + "doc_to_txt: q\n"),
              AllOf(HasSubstr("bad.yaml:3: "), HasSubstr("doc_to_txt"), HasSubstr("doc_to_text")));
  EXPECT_THAT(error(start + "metric_list: [{metric: exact_match, ignore_cse: true}]\n"),
              AllOf(HasSubstr("bad.yaml:3: "), HasSubstr("ignore_case")));
  EXPECT_THAT(error(start + "process_docs: !function utils.process\n"),
              AllOf(HasSubstr("bad.yaml:3: "), HasSubstr("utils.process")));
  for (const std::string key : {"use_prompt", "process_docs", "process_results", "doc_to_image",
                                "doc_to_audio", "custom_dataset"}) {  // never dropped in silence
    EXPECT_THAT(error(start + key + ": something\n"),
                AllOf(HasSubstr("bad.yaml:3: "), HasSubstr(key)));
  }
  EXPECT_EQ(error(start + "doc_to_image:\ndoc_to_audio:\ncustom_dataset:\ntag:\n" +
                  "metric_list: [{metric: exact_match, regexes_to_ignore: null}]\n"),
            "");
  EXPECT_THAT(error(start + "filter_list: [{name: f, filter: [{function: regex, pattern: x}]}]\n"),
              AllOf(HasSubstr("bad.yaml:3: "),
                    HasSubstr("regex takes regex_pattern, group_select, fallback: pattern")));
  EXPECT_THAT(error(start + "output_type: multiple\n"),
              HasSubstr("bad.yaml:3: output_type is one of multiple_choice, loglikelihood, "
                        "loglikelihood_rolling, generate_until, perplexity_choice: multiple"));
  EXPECT_THAT(error(start + "metric_list: [{metric: acc}]\n"),
              AllOf(HasSubstr("bad.yaml:3: metric acc does not fit output_type generate_until; "
                              "those that do: "),
                    HasSubstr("exact_match")));
  EXPECT_THAT(error(start + "output_type: loglikelihood_rolling\nmetric_list: [{metric: acc}]\n"),
              HasSubstr("bad.yaml:4: metric acc does not fit output_type loglikelihood_rolling; "
                        "those that do: word_perplexity"));
  EXPECT_THAT(error(start + "metric_list: [{metric: accuracyy}]\n"), HasSubstr("accuracyy"));
  EXPECT_THAT(error("task: bad\n"), HasSubstr("needs dataset_path"));
  EXPECT_THAT(error("include: missing_yaml\ntask: bad\n"), HasSubstr("missing_yaml"));
  EXPECT_THAT(error("task: bad\ninclude: " + std::string(300, 'x') + "\n"),
              AllOf(HasSubstr("bad.yaml:2: "), HasSubstr("File name too long")));
}

/// lm_eval reports acc alone for the first two, and takes null and a number where others write
/// more.
TEST_F(TaskFiles, WhatHasNoValueIsLeftOutWithANote) {
  const std::string start = "include: _base_yaml\ntask: bad\ntask_list: null\n";
  const auto kept = [&](const std::string& lines) {
    write("bad.yaml", start + lines);
    const TaskSelection selection = load((folder_ / "bad.yaml").string());
    std::vector<std::string> out = selection.notes;
    for (const MetricInfo& one : selection.tasks.at(0)->metrics())
      if (!one.beside) out.push_back(one.filter + " " + one.metric);
    return out;
  };
  EXPECT_THAT(kept("output_type: loglikelihood\n"
                   "metric_list: [{metric: acc, higher_is_better: null}, {metric: acc_norm}]\n"),
              ElementsAre(HasSubstr("bad.yaml:5: metric acc_norm does not fit output_type "
                                    "loglikelihood and is left out"),
                          "none acc"));
  EXPECT_THAT(kept("output_type: multiple_choice\ndoc_to_choice: [a, b]\n"
                   "metric_list: [{metric: perplexity}, {metric: acc}]\n"),
              ElementsAre(HasSubstr("metric perplexity does not fit"), "none acc"));
  EXPECT_THAT(kept("filter_list: [{name: 1, filter: [{function: take_first}]}]\n"),
              ElementsAre("1 exact_match"));
}

TEST_F(TaskFiles, AFolderGivesItsTasksInTheOrderOfTheirPaths) {
  write("another_template.yaml", "doc_to_text: q\n");
  const TaskSelection all = load(folder_.string());
  ASSERT_EQ(all.tasks.size(), 2u);
  EXPECT_EQ(all.tasks[0]->name(), "one");
  EXPECT_EQ(all.tasks[1]->name(), "two");
  fs::create_directories(folder_ / "empty");
  EXPECT_THROW(load((folder_ / "empty").string()), UserError);
}

TEST_F(TaskFiles, UnknownNamesListTheNearest) {
  try {
    load("mmlu_anatomi");
    FAIL();
  } catch (const UserError& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean mmlu_anatomy?"));
  }
}

TEST_F(TaskFiles, AnUnreadableNeighbourIsNamedButDoesNoHarm) {
  write("broken.yaml", "task: [unclosed\n");
  EXPECT_EQ(load("one").tasks.size(), 1u);
  try {
    load("broken");
    FAIL();
  } catch (const UserError& e) {
    EXPECT_THAT(e.what(), HasSubstr("broken.yaml"));
  }
}

TEST_F(TaskFiles, ATemplateFaultNamesTaskAndDocument) {
  write("undefined.yaml", "include: _base_yaml\ntask: undefined\ndoc_to_text: '{{nope}}'\n");
  try {
    prompt(*load("undefined").tasks.at(0), 1);
    FAIL();
  } catch (const UserError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("undefined"), HasSubstr("nope")));
  }
}

TEST_F(TaskFiles, ValidateGivesFindings) {
  EXPECT_THAT(validate_task_file((folder_ / "one.yaml").string(), ""), IsEmpty());
  write("bad.yaml", "include: _base_yaml\ntask: bad\nnum_fewshots: 3\n");
  EXPECT_THAT(validate_task_file((folder_ / "bad.yaml").string(), ""),
              ElementsAre(HasSubstr("bad.yaml:3: ")));
}

// lm_eval renders description, gen_prefix and templates; a list, a mapping, a delimiter and a stop
// string are texts (api/task.py: doc_to_choice and doc_to_target return a list as it is).
TEST_F(TaskFiles, ATemplateWhereNoneIsRenderedIsAFindingAndANoteOfTheRun) {
  const std::string head = "include: _base_yaml\ntask: literal\n";
  for (const auto& [keys, place] : std::vector<std::pair<std::string, std::string>>{
           {"doc_to_choice: ['{{A}}', '{{B}}']\n", "3: doc_to_choice"},
           {"doc_to_choice: {a: 'x', b: '{{B}}'}\n", "3: doc_to_choice"},
           {"doc_to_target: ['{{A}}']\n", "3: doc_to_target"},
           {"num_fewshot: 0\ntarget_delimiter: '{{A}}'\n", "4: target_delimiter"},
           {"fewshot_delimiter: '{% if x %}'\n", "3: fewshot_delimiter"},
           {"generation_kwargs: {until: ['{{A}}']}\n", "3: generation_kwargs"}}) {
    write("literal.yaml", head + keys);
    EXPECT_THAT(validate_task_file((folder_ / "literal.yaml").string(), ""),
                ElementsAre(HasSubstr("literal.yaml:" + place + " is taken as it stands")))
        << keys;
  }
  write("literal.yaml", head + "doc_to_choice: ['{', '{{', 'a']\ndescription: '{{1}}'\n");
  EXPECT_THAT(validate_task_file((folder_ / "literal.yaml").string(), ""), IsEmpty());
}

}  // namespace
}  // namespace flm
