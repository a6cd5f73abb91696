// `!function module.name` runs the native function of the file's folder; an unknown one is an error
// that says how to add it.
#include "tasks/native/native_functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tasks/native/number_words.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NativeTasks : public ::testing::Test {
 protected:
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

  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
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

TEST_F(NativeTasks, AnAggregationThatComparesTextsGivesEachDocumentItsNumbers) {
  const auto one = task("afriqa/prompt_1", R"({"question": "q", "answer": "The old town."})",
                        "output_type: generate_until\ndoc_to_text: question\n"
                        "doc_to_target: answer\nmetric_list:\n"
                        "  - metric: exact_match\n    ignore_case: true\n"
                        "    ignore_punctuation: true\n      - \".\"\n      - \",\"\n"
                        "  - metric: f1\n    aggregation: !function utils.f1\n");
  std::vector<RequestAnswer> answers(1);
  answers[0].texts = {"the old TOWN"};
  const MetricValues metrics = one->score(item(*one), answers).at(0).metrics;
  EXPECT_EQ(metrics.at(0).first, "exact_match");
  EXPECT_THAT(metrics.at(0).second, ElementsAre(1.0)) << "a switch has Python's truth";
  EXPECT_EQ(metrics.at(1).first, "f1");
  EXPECT_THAT(metrics.at(1).second, ElementsAre(1.0));
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

TEST(NumberWords, AreReadAsWord2NumberDoes) {
  const std::vector<std::pair<const char*, std::int64_t>> read = {
      {"seven", 7},
      {"twenty-one", 21},
      {"two hundred and five", 205},
      {"one hundred twenty three", 123},
      {"three thousand four hundred", 3400},
      {"two million three thousand", 2004003}};  // the package's slip: the tail counts twice
  for (const auto& [words, number] : read) EXPECT_EQ(number_from_words(words), number) << words;
  for (const char* none :
       {"", "trillion", "thousand two", "thousand million", "two thousand thousand"})
    EXPECT_EQ(number_from_words(none), std::nullopt) << none;
}

TEST(BbhFilters, FindChoicesValuesNumbersAndWords) {
  const auto run = [](const std::string& name, const Json& doc, const std::string& response,
                      const NativeArguments& arguments) {
    return native_functions()
        .filters
        .at("bbh/zeroshot/utils." + name)(PyValue(PyList{PyValue(response)}),
                                          PyValue::from_json(doc), arguments)
        .items()
        .at(0)
        .str();
  };
  const Json question = {{"input", "Which?\nOptions:\n(A) red car\n(B) blue"}};
  const NativeArguments letters = {{"regex_pattern", PyValue("(\\([A-Z]\\))")},
                                   {"ignore_case", PyValue(true)}};
  EXPECT_EQ(run("MultiChoiceRegexFilter", question, "It is (B).", letters), "(B)");
  EXPECT_EQ(run("MultiChoiceRegexFilter", question, "a Red Car", letters), "(A)");
  EXPECT_EQ(run("MultiChoiceRegexFilter", question, "Answer: B", letters), "(B)");
  PyDict map;
  map.set(PyValue("\\b(no|not plausible)\\b"), PyValue("no"));
  map.set(PyValue("\\b(yes|plausible)\\b"), PyValue("yes"));
  const NativeArguments values = {{"regex_pattern_to_value", PyValue(map)},
                                  {"ignore_case", PyValue(true)}};
  EXPECT_EQ(run("MapRegexFilter", {}, "It is Plausible", values), "yes");
  EXPECT_EQ(run("MapRegexFilter", {}, "maybe", values), "[invalid]");
  const NativeArguments digits = {{"regex_pattern", PyValue("([-0-9]+)")}};
  EXPECT_EQ(run("NumberParseRegexFilter", {}, "I see 12 cats", digits), "12");
  EXPECT_EQ(run("NumberParseRegexFilter", {}, "There are Twenty one", digits), "21");
  EXPECT_EQ(run("NumberParseRegexFilter", {}, "no idea", digits), "[invalid]");
  const Json list = {{"input", "Sort. List: pear fig apple"}};
  EXPECT_EQ(run("WordSortFilter", list, "fig pear, so: apple fig pear", {}), "apple fig pear");
}

TEST(NativeKeys, AnInstalledModuleIsFoundFromAnyFile) {
  EXPECT_THAT(native_keys("/elsewhere/a.yaml", "lm_eval.tasks.noreval.noridiom.utils.f"),
              ElementsAre("noreval/noridiom/utils.f", "noridiom/utils.f"));
}

TEST(NativeKeys, TheLongestFolderComesFirst) {
  const auto keys = native_keys("/copy/tasks/bbh/zeroshot/a.yaml", "utils.F");
  EXPECT_THAT(keys, ElementsAre("copy/tasks/bbh/zeroshot/utils.F", "copy/tasks/bbh/*/utils.F",
                                "tasks/bbh/zeroshot/utils.F", "tasks/bbh/*/utils.F",
                                "bbh/zeroshot/utils.F", "bbh/*/utils.F", "zeroshot/utils.F"));
}

}  // namespace
}  // namespace flm
