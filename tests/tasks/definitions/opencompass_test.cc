// OpenCompass's perplexity mode: its prompts, and its choice by the mean over tokens.
#include <gtest/gtest.h>

#include <filesystem>

#include "tasks/task.h"

namespace flm {
namespace {

std::shared_ptr<const Task> only_task(const std::string& name, const std::string& data_root) {
  TaskOptions options;
  options.tasks = {name};
  options.data_root = data_root;
  return load_tasks(options).tasks.at(0);
}

TaskItem item_of(const Task& task, std::int64_t id) {
  const std::int64_t ids[] = {id};
  return task.items(ids).at(0);
}

double acc(const Task& task, const TaskItem& item, const std::vector<RequestAnswer>& answers) {
  return task.score(item, answers).at(0).metrics.at(0).second.at(0);
}

RequestAnswer answer(double logprob, std::int64_t tokens) {
  RequestAnswer out;
  out.logprob = logprob;
  out.tokens = tokens;
  return out;
}

TEST(OpenCompass, RoundsAndShotsAreJoinedByOneLineEnd) {
  const auto task = only_task("ceval_opencompass_computer_network", "");
  EXPECT_EQ(task->num_fewshot(), 5);
  const TaskItem item = item_of(*task, 0);
  ASSERT_EQ(item.requests.size(), 4u);
  EXPECT_EQ(item.fewshot_ids, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  const std::string head = "以下是中国关于计算机网络考试的单项选择题，请选出其中的正确答案。\n";
  std::size_t rounds = 0;
  for (std::size_t at = 0; (at = item.requests[1].context.find(head, at)) != std::string::npos;
       ++at)
    ++rounds;
  EXPECT_EQ(rounds, 6u);
  for (const TaskRequest& request : item.requests) {
    EXPECT_EQ(request.kind, RequestKind::kRolling);
    EXPECT_EQ(request.continuation, "");
    EXPECT_EQ(request.context.find("\n\n"), std::string::npos);
  }
  EXPECT_TRUE(item.requests[1].context.ends_with("\n答案: \nB"));
  ASSERT_TRUE(task->bpb().has_value());
  EXPECT_EQ(task->bpb()->prefix, "tokenizer");
}

TEST(OpenCompass, TheLowestMeanIsChosenNotTheLowestSum) {
  const std::string data = std::string(FLM_SHARED_DIR) + "/data";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "skipped: ../shared is not here";
  const auto task = only_task("csl_opencompass", data);
  const TaskItem item = item_of(*task, 0);  // label 1: the keywords belong to the abstract
  ASSERT_EQ(item.target, "1");
  ASSERT_EQ(item.requests.size(), 2u);
  EXPECT_TRUE(item.requests[1].context.starts_with(item.requests[0].context + "\n关键词："));
  // 30/10 and 32/12: the longer text has the lower mean.
  EXPECT_EQ(acc(*task, item, {answer(-30, 9), answer(-32, 11)}), 1.0);
  EXPECT_EQ(acc(*task, item, {answer(-30, 9), answer(-37, 11)}), 0.0);
  // The first token counts although nothing predicts it: 30/10 = 36/12, and the first wins a tie.
  EXPECT_EQ(acc(*task, item, {answer(-30, 9), answer(-36, 11)}), 0.0);
}

TEST(OpenCompass, TheIdiomStandsInTheText) {
  const std::string data = std::string(FLM_SHARED_DIR) + "/data";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "skipped: ../shared is not here";
  const auto task = only_task("chid_opencompass_test", data);
  EXPECT_EQ(task->doc_count(), 2002);
  const TaskItem item = item_of(*task, 0);
  ASSERT_EQ(item.requests.size(), 7u);
  EXPECT_TRUE(item.requests[1].context.starts_with("以下句子是否通顺？\n这意味着,在不久的将来"));
  EXPECT_NE(item.requests[1].context.find("到HJT改朝换代的历史性"), std::string::npos);
  EXPECT_TRUE(item.requests[6].context.ends_with("\n这个句子是通顺的。"));
  std::vector<RequestAnswer> answers(7, answer(-50, 99));
  answers[1].logprob = -49;
  EXPECT_EQ(acc(*task, item, answers), 1.0);
}

TEST(Definitions, LoadAndRenderOverTheOfficialFiles) {
  const std::string data = std::string(FLM_SHARED_DIR) + "/data";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "skipped: ../shared is not here";
  TaskOptions options;
  options.data_root = data;
  for (const KnownTask& task : known_tasks("")) {
    if (task.kind == "task") options.tasks.push_back(task.name);
  }
  const TaskSelection selection = load_tasks(options);
  EXPECT_EQ(selection.tasks.size(), options.tasks.size());
  for (const auto& task : selection.tasks) {
    SCOPED_TRACE(task->name());
    const TaskItem item = item_of(*task, task->doc_count() - 1);
    ASSERT_FALSE(item.requests.empty());
    if (task->output_type() == "multiple_choice") {
      EXPECT_GE(item.requests.size(), 2u);
    }
  }
}

TEST(Suites, HoldTheReportsTablesWithItsShots) {
  const std::string data = std::string(FLM_SHARED_DIR) + "/data";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "skipped: ../shared is not here";
  TaskOptions options;
  options.data_root = data;
  options.tasks = {"tele-flm-report"};
  const TaskSelection selection = load_tasks(options);
  std::map<std::string, int> shots;
  for (const auto& task : selection.tasks) shots[task->name()] = task->num_fewshot();
  const std::map<std::string, int> report = {
      {"arc_challenge", 25},        {"hellaswag", 10},      {"mmlu_anatomy", 5},
      {"truthfulqa_mc2", 0},        {"winogrande", 5},      {"gsm8k", 5},
      {"bbh_fewshot_snarks", 3},    {"c3_opencompass", 0},  {"chid_opencompass", 0},
      {"ceval_opencompass_law", 5}, {"csl_opencompass", 0}, {"cmmlu_opencompass_anatomy", 5}};
  for (const auto& [name, count] : report) {
    ASSERT_TRUE(shots.count(name)) << name;
    EXPECT_EQ(shots[name], count) << name;
  }
}

}  // namespace
}  // namespace flm
