// Details of task files in which lm-evaluation-harness 0.4.13 surprises; every expectation is what
// it gave for the same file (`--num_fewshot` and seed as stated).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tasks/task.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

class LmEvalDetails : public ::testing::Test {
 protected:
  void SetUp() override {
    write("test.jsonl",
          R"({"q": "one?", "ch": ["a", "b"], "a": 1, "no": false, "pre": "It is", "x": "xs"})"
          "\n"
          R"({"q": "two?", "ch": ["c", "d"], "a": 0, "no": true, "pre": "So", "x": "ys"})"
          "\n");
    write("train.jsonl",
          R"({"q": "shot?", "ch": ["e", "f"], "a": 0, "no": true, "pre": "Shot is", "x": "zs"})"
          "\n");
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  /// The first document's item of a choice task with these lines in place of the usual ones.
  TaskItem item(const std::string& lines, int shots, const std::string& chat = "",
                const std::string& system = "") {
    write("t.yaml",
          "task: t\ndataset_path: json\n"
          "dataset_kwargs: {data_files: {test: test.jsonl, train: train.jsonl}}\n"
          "output_type: multiple_choice\n" +
              lines);
    TaskOptions options;
    options.tasks = {(folder_ / "t.yaml").string()};
    options.num_fewshot = shots;
    options.chat.chat_template = chat;
    options.system_instruction = system;
    version_ = "";
    const TaskSelection selection = load_tasks(options);
    version_ = selection.tasks.at(0)->version();
    return selection.tasks[0]->items(std::vector<std::int64_t>{0, 1}).at(0);
  }

  /// The values of the first document, whose answer is `text`, or log-likelihoods -1, -2 of
  /// choices.
  std::vector<std::pair<std::string, std::vector<double>>> values(const std::string& lines,
                                                                  const std::string& text = "") {
    write("t.yaml",
          "task: t\ndataset_path: json\ntest_split: test\n"
          "dataset_kwargs: {data_files: {test: test.jsonl}}\n" +
              lines);
    TaskOptions options;
    options.tasks = {(folder_ / "t.yaml").string()};
    const TaskSelection selection = load_tasks(options);
    const Task& task = *selection.tasks.at(0);
    const TaskItem first = task.items(std::vector<std::int64_t>{0}).at(0);
    std::vector<RequestAnswer> answers(first.requests.size());
    for (std::size_t i = 0; i < answers.size(); ++i)
      answers[i].logprob = -1.0 - static_cast<double>(i);
    if (!text.empty()) answers[0].texts = {text};
    return task.score(first, answers).at(0).metrics;
  }

  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
  std::string version_;
  const std::string plain_ = "doc_to_text: q\ndoc_to_choice: ch\ndoc_to_target: a\n";
  const std::string inputs_ = "doc_to_text: a\ndoc_to_choice: ch\ndoc_to_target: x\n";
  const std::string splits_ = "test_split: test\ntraining_split: train\n";
};

TEST_F(LmEvalDetails, AShotsGenPrefixIsRenderedOnTheShot) {
  const TaskItem it = item(plain_ + splits_ + "gen_prefix: '{{pre}}'\n", 1);
  EXPECT_EQ(it.requests.at(0).context, "shot? Shot is e\n\none? It is");
}

TEST_F(LmEvalDetails, AColumnThatOnlyTheShotsHaveIsNoColumn) {
  const TaskItem it = item(plain_ + splits_ +
                               "fewshot_config:\n  doc_to_text: own\n  samples:\n"
                               "    - {q: 'shot?', ch: [e, f], a: 0, own: o}\n",
                           1);
  EXPECT_EQ(it.requests.at(0).context, "own e\n\none?");
}

TEST_F(LmEvalDetails, ATruthValueNumbersTheChoicesOfAShot) {
  const TaskItem it =
      item("doc_to_text: q\ndoc_to_choice: ['no', 'yes']\ndoc_to_target: no\n" + splits_, 1);
  // YAML reads `no` as false, a constant; the column of that name needs quotes.
  EXPECT_EQ(it.requests.at(0).context, "shot? no\n\none?");
  const TaskItem column =
      item("doc_to_text: q\ndoc_to_choice: ['no', 'yes']\ndoc_to_target: 'no'\n" + splits_, 1);
  EXPECT_EQ(column.requests.at(0).context, "shot? yes\n\none?");
}

TEST_F(LmEvalDetails, AShotsEmptyAlternativeIsAnAnswerAndAnEmptyTextIsNone) {
  const std::string generated = "output_type: generate_until\ndoc_to_text: q\n" + splits_;
  EXPECT_EQ(item(generated + "doc_to_target: '{{[\"\", \"x\"]}}'\n", 1).requests.at(0).context,
            "shot? \n\none?");
  EXPECT_EQ(item(generated + "doc_to_target: '{{\"\"}}'\n", 1).requests.at(0).context, "shot?one?");
}

/// build_qa_turn puts no delimiter behind a gen_prefix without an answer.
TEST_F(LmEvalDetails, AShotOfAnOpenAnswerAloneRunsOn) {
  const std::string generated = "output_type: generate_until\ndoc_to_text: q\n" + splits_;
  EXPECT_EQ(item(generated + "doc_to_target: '{{\"\"}}'\ngen_prefix: '{{pre}}'\n", 1)
                .requests.at(0)
                .context,
            "shot? Shot isone? It is");
}

TEST_F(LmEvalDetails, ColumnsAreOfTheFirstSplitsTypes) {
  write("test.jsonl", R"({"n": 1.5, "a": "x"})"
                      "\n");
  write("train.jsonl", R"({"n": 2, "a": "y"})"
                       "\n");
  write("t.yaml",
        "task: t\ndataset_path: json\ntest_split: test\ntraining_split: train\n"
        "dataset_kwargs: {data_files: {test: test.jsonl, train: train.jsonl}}\n"
        "output_type: generate_until\ndoc_to_text: '{{n}}'\ndoc_to_target: a\n");
  TaskOptions options;
  options.tasks = {(folder_ / "t.yaml").string()};
  options.num_fewshot = 1;
  const TaskSelection selection = load_tasks(options);
  EXPECT_EQ(selection.tasks[0]->items(std::vector<std::int64_t>{0}).at(0).requests.at(0).context,
            "2.0 y\n\n1.5");
}

TEST_F(LmEvalDetails, SeveralInputsTakeNoDelimiterBeforeAnOpenAnswer) {
  const TaskItem it = item(inputs_ + splits_ + "gen_prefix: 'So:'\n", 1);
  ASSERT_EQ(it.requests.size(), 2u);
  EXPECT_EQ(it.requests[0].context, "e So: zs\n\naSo:");
  EXPECT_EQ(it.requests[1].context, "e So: zs\n\nbSo:");
  EXPECT_EQ(it.requests[1].continuation, " xs");
}

TEST_F(LmEvalDetails, MutualInformationOfSeveralInputsIsOfTheInputs) {
  const TaskItem it = item(inputs_ + splits_ + "metric_list: [{metric: acc_mutual_info}]\n", 0);
  ASSERT_EQ(it.requests.size(), 4u);
  EXPECT_EQ(it.requests[0].continuation, " xs");
  EXPECT_EQ(it.requests[2].context, "");
  EXPECT_EQ(it.requests[2].continuation, " a");
  EXPECT_EQ(it.requests[3].continuation, " b");
}

TEST_F(LmEvalDetails, SamplesInTheFileCountAsTheEvaluatedSplitWhereThereIsNoTestSplit) {
  const std::string samples =
      "fewshot_config:\n  sampler: first_n\n  samples:\n"
      "    - {q: 'one?', ch: [a, b], a: 1, 'no': false, pre: It is, x: xs}\n"
      "    - {q: 'other?', ch: [g, h], a: 0, 'no': false, pre: p, x: x}\n";
  EXPECT_EQ(item(plain_ + "validation_split: test\n" + samples, 1).requests.at(0).context,
            "other? g\n\none?");  // the document itself is no shot
  EXPECT_EQ(item(plain_ + "test_split: test\n" + samples, 1).requests.at(0).context,
            "one? b\n\none?");
}

TEST_F(LmEvalDetails, ANullSplitOfTheShotsOverridesFewshotSplit) {
  const TaskItem it = item(plain_ + splits_ +
                               "fewshot_split: train\nfewshot_config:\n  split: null\n  samples:\n"
                               "    - {q: 'own?', ch: [g, h], a: 1}\n",
                           1);
  EXPECT_EQ(it.requests.at(0).context, "own? h\n\none?");
}

TEST_F(LmEvalDetails, AFileWithoutVersionIsOfVersionYaml) {
  item(plain_ + splits_, 0);
  EXPECT_EQ(version_, "\"Yaml\"");
  item(plain_ + splits_ + "metadata: {version: null}\n", 0);
  EXPECT_EQ(version_, "null");
}

const char kTrims[] =
    "{% for m in messages %}[{{ m['role'] }}]{{ m['content'] | trim }}[end]{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}";
const char kNoSystem[] =
    "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}"
    "[{{ m['role'] }}]{{ m['content'] }}[end]{% endfor %}";

TEST_F(LmEvalDetails, AnOpenAnswerEndsWhereATrimmingTemplateLeavesIt) {
  const TaskItem it = item(plain_ + splits_ + "gen_prefix: 'The answer is '\n", 0, kTrims);
  EXPECT_EQ(it.requests.at(0).context, "[user]one?[end][assistant]The answer is");
  EXPECT_EQ(it.requests[0].continuation, "a");
}

TEST_F(LmEvalDetails, WithAChatTheDelimiterLooksAtThePrefixAsWritten) {
  const std::string twice = "gen_prefix: '{{ pre + \" \" }}'\n";
  EXPECT_EQ(item(plain_ + splits_ + twice, 0, kTrims).requests.at(0).continuation, " a");
}

TEST_F(LmEvalDetails, ATemplateThatRefusesTheSystemRoleGoesWithout) {
  const TaskItem it = item(plain_ + splits_, 0, kNoSystem, "Be brief.");
  EXPECT_EQ(it.requests.at(0).context, "[user]one?[end]");
}

/// lm-evaluation-harness compares with the choice of that number, whatever the metric.
TEST_F(LmEvalDetails, GeneratedTextIsComparedWithTheChoiceThatTheTargetNumbers) {
  for (const char* metric : {"exact_match", "bleu", "chrf", "chrf++", "ter"}) {
    const std::string with = "metric_list: [{metric: " + std::string(metric) + "}]\n";
    const auto numbered =
        values("doc_to_text: q\ndoc_to_choice: ch\ndoc_to_target: a\n" + with, "b");
    const auto written = values("doc_to_text: q\ndoc_to_target: '{{ch[a]}}'\n" + with, "b");
    const auto other = values("doc_to_text: q\ndoc_to_target: '{{a}}'\n" + with, "b");
    EXPECT_EQ(numbered, written) << metric;
    EXPECT_NE(numbered, other) << metric;
  }
}

TEST_F(LmEvalDetails, OfTwoEntriesForAMetricTheLaterCounts) {
  const auto found = values(
      "doc_to_text: q\ndoc_to_target: x\n"
      "metric_list: [{metric: exact_match, ignore_case: true}, {metric: exact_match}]\n",
      "XS");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].second, std::vector<double>{0.0});
}

/// numpy.char.lower cuts at the width of its array: U+0130 grows by a character, for which an array
/// that holds "Paris" has room and one of the answer alone has not.
TEST_F(LmEvalDetails, LowerCasedTextsAreCutAtTheWidthOfTheirArray) {
  const std::string with = "metric_list: [{metric: exact_match, ignore_case: true}]\n";
  const auto alone = values("doc_to_text: q\ndoc_to_target: \"\u0130\"\n" + with, "\u0130");
  EXPECT_EQ(alone.at(0).second, std::vector<double>{1.0});
  const auto several =
      values("doc_to_text: q\ndoc_to_target: \"{{['', 'Paris', '\u0130']}}\"\n" + with, "\u0130");
  EXPECT_EQ(several.at(0).second, std::vector<double>{0.0});
}

/// It fails on them, or broadcasts them to a figure of no meaning.
TEST_F(LmEvalDetails, MetricsOfOneRightAnswerTakeNoList) {
  const std::string several =
      "output_type: multiple_choice\ndoc_to_text: q\ndoc_to_choice: ch\n"
      "doc_to_target: '{{[a]}}'\n";
  EXPECT_EQ(values(several + "metric_list: [{metric: acc}]\n").at(0).second,
            std::vector<double>{0.0});
  for (const char* metric : {"brier_score", "f1", "mcc"})
    EXPECT_THROW(values(several + "metric_list: [{metric: " + metric + "}]\n"), UserError)
        << metric;
}

/// literal_eval gives a whole number, and beyond the choices is the harness's -100.
TEST_F(LmEvalDetails, DigitsBeyond64BitsAreAnIndexOfNoChoice) {
  const TaskItem one = item(
      "test_split: test\ndoc_to_text: q\ndoc_to_choice: ch\ndoc_to_target: "
      "'99999999999999999999'\n",
      0);
  EXPECT_EQ(one.error, "");
  EXPECT_EQ(one.requests.size(), 2u);
  EXPECT_EQ(one.remark, "the right answer is none of the 2 choices: 99999999999999999999");
}

}  // namespace
}  // namespace flm
