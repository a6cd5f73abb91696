// `!function module.name` runs the native function of the file's folder; an unknown one is an error
// that says how to add it.
#include "tasks/native/native_functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NativeTasks : public ::testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }

  std::shared_ptr<const Task> task(const std::string& family, const std::string& rows,
                                   const std::string& yaml) {
    fs::create_directories(folder_ / family);
    std::ofstream(folder_ / family / "rows.jsonl") << rows;
    std::ofstream(folder_ / family / "one.yaml")
        << "task: one\ndataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\n"
        << "test_split: test\n"
        << yaml;
    TaskOptions options;
    options.tasks = {(folder_ / family / "one.yaml").string()};
    return load_tasks(options).tasks.at(0);
  }
  static TaskItem item(const Task& task) { return task.items(std::vector<std::int64_t>{0}).at(0); }

  fs::path folder_ = fs::path(::testing::TempDir()) / "flm_native";
};

TEST_F(NativeTasks, HellaSwagRowsGetQueryChoicesAndGold) {
  const auto one =
      task("hellaswag",
           R"({"activity_label": "Cooking", "ctx_a": "He [title] cuts.", )"
           R"("ctx_b": "then USES a pan", "endings": [" a [x]b ", "c  d"], "label": "1"})",
           "output_type: multiple_choice\nprocess_docs: !function utils.process_docs\n"
           "doc_to_text: query\ndoc_to_target: gold\ndoc_to_choice: choices\n");
  const TaskItem first = item(*one);
  EXPECT_EQ(first.requests[0].context, "Cooking: He. cuts. Then uses a pan");
  EXPECT_EQ(first.requests[0].continuation, " a b");
  EXPECT_EQ(first.requests[1].continuation, " c d");
  EXPECT_EQ(first.target, "1");
  EXPECT_THAT(first.doc_json, HasSubstr("\"query\": "));
}

TEST_F(NativeTasks, WinoGrandeHasAContextForEachOptionAndOneContinuation) {
  const auto one = task(
      "winogrande",
      R"({"sentence": "A met B and _ left.", "option1": "A", "option2": "B", "answer": "2"})",
      "output_type: multiple_choice\ndoc_to_text: !function preprocess_winogrande.doc_to_text\n"
      "doc_to_target: !function preprocess_winogrande.doc_to_target\n"
      "doc_to_choice: !function preprocess_winogrande.doc_to_choice\n"
      "metric_list: [{metric: acc}]\n");
  const TaskItem first = item(*one);
  EXPECT_EQ(first.requests[0].context, "A met B and A");
  EXPECT_EQ(first.requests[1].context, "A met B and B");
  EXPECT_EQ(first.requests[1].continuation, " left.");
  std::vector<RequestAnswer> answers(2);
  answers[0].logprob = -3, answers[1].logprob = -2;
  EXPECT_THAT(one->score(first, answers).at(0).metrics.at(0).second, ElementsAre(1.0));
}

TEST_F(NativeTasks, TruthfulQaScoresTheMassOfTrueAnswers) {
  const auto one =
      task("truthfulqa",
           R"({"question": "q", "mc2_targets": {"choices": ["a", "b", "c"], )"
           R"("labels": [1, 0, 1]}})",
           "output_type: multiple_choice\ndoc_to_text: '{{question}}'\n"
           "doc_to_target: 0\ndoc_to_choice: '{{mc2_targets.choices}}'\n"
           "process_results: !function utils.process_results_mc2\n"
           "metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]\n");
  std::vector<RequestAnswer> answers(3);
  answers[0].logprob = std::log(0.1), answers[1].logprob = std::log(0.2);
  answers[2].logprob = std::log(0.1);
  const ItemScore score = one->score(item(*one), answers).at(0);
  EXPECT_EQ(score.metrics.at(0).first, "acc");
  EXPECT_THAT(score.metrics.at(0).second, ElementsAre(DoubleEq(0.5)));
}

TEST_F(NativeTasks, AFunctionOfAnotherFolderIsUnknownAndTheErrorSaysWhatToAdd) {
  try {
    task("mine", "{}\n",
         "doc_to_text: a\ndoc_to_target: b\nprocess_docs: !function utils.process_docs\n");
    FAIL() << "no error";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("one.yaml:7: !function utils.process_docs"),
                      HasSubstr("tasks/native/"), HasSubstr("mine/utils.process_docs")));
  }
}

TEST(NativeKeys, TheLongestFolderComesFirst) {
  const auto keys = native_keys("/copy/tasks/bbh/zeroshot/a.yaml", "utils.F");
  EXPECT_THAT(keys, ElementsAre("copy/tasks/bbh/zeroshot/utils.F", "tasks/bbh/zeroshot/utils.F",
                                "bbh/zeroshot/utils.F", "zeroshot/utils.F"));
}

}  // namespace
}  // namespace flm
