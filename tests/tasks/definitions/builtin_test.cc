// Built-in tasks over built-in samples: needs nothing but the source tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tasks/task.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

Json goldens() {
  return read_json_file(FLM_SOURCE_DIR "/tests/tasks/definitions/builtin_hashes.json");
}

std::vector<TaskItem> all_items(const Task& task) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(task.doc_count()));
  std::iota(ids.begin(), ids.end(), 0);
  return task.items(ids);
}

TEST(BuiltinTasks, MmluPromptsHashAsTheHarnessLoggedThem) {
  TaskOptions options;
  options.tasks = {"mmlu"};
  options.num_fewshot = 5;
  const TaskSelection selection = load_tasks(options);
  const Json mmlu = goldens()["mmlu"];
  ASSERT_EQ(selection.tasks.size(), 57u);
  for (const auto& task : selection.tasks) {
    Json got = Json::array();
    for (const TaskItem& item : all_items(*task))
      got.push_back(Json::array({item.doc_hash, item.prompt_hash, item.target_hash}));
    EXPECT_EQ(got, mmlu[task->name()]) << task->name();
    EXPECT_TRUE(task->builtin_sample());
  }
  ASSERT_EQ(selection.groups.size(), 5u);
  EXPECT_EQ(selection.groups[0].name, "mmlu");
  EXPECT_EQ(selection.groups[0].leaves.size(), 57u);
}

TEST(BuiltinTasks, Gsm8kRowsHashAsTheHarnessLoggedThem) {
  TaskOptions options;
  options.tasks = {"gsm8k"};
  const TaskSelection selection = load_tasks(options);
  Json got = Json::array();
  for (const TaskItem& item : all_items(*selection.tasks.at(0))) {
    got.push_back(Json::array({item.doc_hash, item.target_hash}));
    EXPECT_EQ(item.fewshot_ids.size(), 5u);
    EXPECT_EQ(item.requests.at(0).generation.until,
              (std::vector<std::string>{"Question:", "</s>", "<|im_end|>"}));
  }
  EXPECT_EQ(got, goldens()["gsm8k"]);
}

TEST(BuiltinTasks, BpbIsAGroupOfTheDomainsThatAreThere) {
  TaskOptions options;
  options.tasks = {"bpb"};
  const TaskSelection selection = load_tasks(options);
  ASSERT_EQ(selection.groups.size(), 1u);
  EXPECT_EQ(selection.groups[0].children.size(), selection.tasks.size());
  EXPECT_GE(selection.tasks.size(), 9u);
  const Task& task = *selection.tasks.at(0);
  EXPECT_EQ(task.name(), "bpb_en_arxiv");
  ASSERT_TRUE(task.bpb());
  EXPECT_EQ(task.bpb()->window, "stride");
  ASSERT_EQ(task.metrics().size(), 1u);
  EXPECT_EQ(task.metrics()[0].aggregation, "bpb");
  const TaskItem item = all_items(task).at(0);
  ASSERT_EQ(item.requests.size(), 1u);
  EXPECT_EQ(item.requests[0].kind, RequestKind::kRolling);
  RequestAnswer answer;
  answer.logprob = -12.5;
  answer.tokens = 7;
  answer.excluded_bytes = 3;
  const auto bytes = static_cast<double>(item.requests[0].context.size());
  const auto scores = task.score(item, std::vector<RequestAnswer>{answer});
  EXPECT_EQ(scores.at(0).metrics.at(0).second, (std::vector<double>{12.5, bytes - 3, 7}));
}

TEST(BuiltinTasks, BpbGroupsCarryTheMixturesThatNameTheirDomains) {
  const TemporaryFolder folder;
  TaskOptions options;
  options.tasks = {"bpb_en"};
  options.bpb_mixture = folder / "mixtures.yaml";
  std::ofstream(options.bpb_mixture) << "mixtures:\n  - name: mine\n    weights: {en/books: 1, "
                                        "en/code: 2.5}\n";
  const TaskSelection selection = load_tasks(options);
  std::vector<std::string> names;
  for (const BpbMixture& mixture : selection.groups.at(0).mixtures) names.push_back(mixture.name);
  EXPECT_EQ(names, (std::vector<std::string>{"L-Prop", "F-Prop", "mine"}));
  const auto& weights = selection.groups[0].mixtures[2].weights;
  EXPECT_EQ(weights, (std::vector<std::pair<std::string, double>>{{"bpb_en_books", 1},
                                                                  {"bpb_en_code", 2.5}}));
  std::ofstream(options.bpb_mixture) << "mixtures:\n  - name: mine\n    weights: {en/books: -1}\n";
  EXPECT_THAT([&] { load_tasks(options); },
              testing::ThrowsMessage<UserError>(testing::HasSubstr("mixtures.yaml:3: ")));
}

TEST(BuiltinTasks, CEvalHasItsOwnRows) {
  TaskOptions options;
  options.tasks = {"ceval-valid_computer_network"};
  options.num_fewshot = 5;
  const TaskSelection selection = load_tasks(options);
  const std::vector<TaskItem> items = all_items(*selection.tasks.at(0));
  ASSERT_EQ(items.size(), 3u);
  const std::string& prompt = items[0].requests.at(0).context;
  EXPECT_TRUE(
      prompt.starts_with("以下是中国关于计算机网络的单项选择题，请选出其中的正确答案。\n\n"));
  EXPECT_TRUE(prompt.ends_with("\n答案："));
  EXPECT_EQ(items[0].requests.at(2).continuation, " C");
}

TEST(StrideWindows, ScoreEveryTokenOnceWithAtMostTheContext) {
  for (const bool prefix : {true, false}) {
    for (const std::int64_t tokens : {0, 1, 2, 5, 8, 9, 100, 101}) {
      for (const auto& [context, stride] : {std::pair{8, 4}, {8, 8}, {5, 1}, {7, 3}}) {
        std::int64_t next = prefix ? 0 : std::min<std::int64_t>(1, tokens);
        for (const TextWindow& w : stride_windows(tokens, context, stride, prefix)) {
          EXPECT_EQ(w.score_begin, next);
          EXPECT_LE(w.input_end - w.input_begin, context);
          // The last input predicts the last scored id: x[i] predicts ids[i] after a prefix, else
          // ids[i + 1].
          EXPECT_EQ(w.input_end + (prefix ? 0 : 1), w.score_end);
          EXPECT_LE(w.input_begin + (prefix ? 0 : 1), w.score_begin);
          EXPECT_EQ(w.input_begin % stride, 0);
          next = w.score_end;
        }
        EXPECT_EQ(next, tokens) << tokens << " " << context << " " << stride << " " << prefix;
      }
    }
  }
}

/// Whatever a task measures: choices, generated code, answers, windows of a text.
TEST(PredictOnly, TakesThePlaceOfEveryMetric) {
  TaskOptions options;
  options.tasks = {"mmlu_anatomy", "humaneval", "gsm8k", "bpb"};
  options.predict_only = true;
  const TaskSelection selection = load_tasks(options);
  ASSERT_GE(selection.tasks.size(), options.tasks.size());
  for (const auto& task : selection.tasks) {
    SCOPED_TRACE(task->name());
    EXPECT_FALSE(task->runs_code());
    for (const MetricInfo& metric : task->metrics()) EXPECT_EQ(metric.metric, "bypass");
    const TaskItem item = task->items(std::vector<std::int64_t>{0}).at(0);
    std::vector<RequestAnswer> answers(item.requests.size());
    for (std::size_t i = 0; i < answers.size(); ++i) answers[i].texts.assign(1, "words");
    for (const ItemScore& score : task->score(item, answers)) {
      ASSERT_EQ(score.metrics.size(), 1u);
      EXPECT_EQ(score.metrics[0], std::make_pair(std::string("bypass"), std::vector<double>{999}));
    }
  }
  for (const TaskGroup& group : selection.groups) {
    EXPECT_TRUE(group.metrics.empty() && group.mixtures.empty()) << group.name;
  }
}

}  // namespace
}  // namespace flm
