// Parts of an item that its prompt does not show: where shots come from, what groups documents, the
// lengths and the metrics of choices, and what guessing is worth.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tasks/items/item_scorer.h"
#include "tasks/items/rendered.h"
#include "tasks/items/task_documents.h"
#include "tasks/sandbox/code_judge.h"
#include "tasks/task.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

using ::testing::HasSubstr;

/// Rows {"split": "test"} and {"split": "train"}, and what fewshot_config's process_docs was given.
class ShotsFunction : public ::testing::Test {
 protected:
  ShotsFunction() {
    for (const char* split : {"test", "train"})
      std::ofstream(folder_ / (std::string(split) + ".jsonl"))
          << Json{{"split", split}}.dump() << "\n";
    spec_.dataset_path = "json";
    spec_.dataset_kwargs_json = R"({"data_files": {"test": "test.jsonl", "train": "train.jsonl"}})";
    spec_.folder = folder_.path();
    spec_.test_split = "test";
    spec_.training_split = "train";
    spec_.process_docs = marked("of the task");
    spec_.fewshot.process_docs = marked("of the shots");
  }
  static RowsFunction marked(const std::string& by) {
    return [by](const std::vector<Json>& rows) {
      std::vector<Json> out = rows;
      for (Json& row : out) row["by"] = by;
      return out;
    };
  }
  std::string pool() const {
    const TaskDocuments documents(spec_, DatasetCatalog(""), true);
    const Json& row = documents.pool().at(0);
    return row.at("split").get<std::string>() + " " + row.at("by").get<std::string>();
  }

  TemporaryFolder folder_;
  TaskSpec spec_;
};

/// fewshot_docs() of lm-evaluation-harness 0.4.13: its function is for a split that is named for
/// the shots; the splits that are tried in turn are read by the task's.
TEST_F(ShotsFunction, ReadsOnlyASplitThatIsNamedForTheShots) {
  EXPECT_EQ(pool(), "train of the task");
  spec_.fewshot_split = "train";
  EXPECT_EQ(pool(), "train of the shots");
  spec_.fewshot_split = "test";
  EXPECT_EQ(pool(), "test of the shots");
  spec_.fewshot.split = "train";
  EXPECT_EQ(pool(), "train of the shots");
  spec_.fewshot.process_docs = nullptr;
  EXPECT_EQ(pool(), "train of the task");
}

/// The cluster of a task's first document, whose column p has this text.
std::string cluster_of(const std::string& value) {
  const TemporaryFolder folder;
  std::ofstream(folder / "test.jsonl") << Json{{"q", "?"}, {"p", value}}.dump() << "\n";
  std::ofstream(folder / "t.yaml")
      << "task: t\ndataset_path: json\ntest_split: test\n"
         "dataset_kwargs: {data_files: {test: test.jsonl}}\n"
         "output_type: generate_until\ndoc_to_text: q\ndoc_to_target: q\ncluster: p\n";
  TaskOptions options;
  options.tasks = {folder / "t.yaml"};
  return load_tasks(options).tasks.at(0)->items(std::vector<std::int64_t>{0}).at(0).cluster;
}

/// Names stay readable; a passage is told by the begin of its SHA-256.
TEST(Clusters, AreNamedByTheirTextUpTo64Bytes) {
  EXPECT_EQ(cluster_of("passage 7"), "t/passage 7");
  EXPECT_EQ(cluster_of(std::string(64, 'x')), "t/" + std::string(64, 'x'));
  // printf 'x%.0s' $(seq 65) | sha256sum
  EXPECT_EQ(cluster_of(std::string(65, 'x')), "t/9537c5fdf120482f");
}

/// Of several inputs the answer follows each: its bytes are those of the target.
TEST(ChoiceAnswersOf, SeveralInputsHaveTheBytesOfTheTarget) {
  Rendered doc;
  doc.choices = {"a", "four"};
  doc.target = PyValue("tar");
  doc.text = PyValue(1);
  const std::vector<RequestAnswer> answers(2);
  doc.multiple_inputs = true;
  EXPECT_EQ(choice_answers(doc, answers, false).bytes, (std::vector<std::size_t>{3, 3}));
  EXPECT_EQ(choice_answers(doc, answers, false).gold, std::vector<std::int64_t>{1});
  doc.multiple_inputs = false;
  doc.target = PyValue("four");
  EXPECT_EQ(choice_answers(doc, answers, false).bytes, (std::vector<std::size_t>{1, 4}));
}

std::vector<std::string> names_beside(const std::vector<std::string>& metrics) {
  TaskSpec spec;
  spec.output_type = "multiple_choice";
  for (const std::string& name : metrics) spec.metrics.emplace_back().metric = name;
  std::vector<std::string> names;
  for (const KnownMetric* metric : metrics_beside(spec)) names.push_back(metric->name);
  return names;
}

/// --predict-only puts bypass in place of every metric: then nothing is scored.
TEST(MetricsBeside, AreThoseThatTheFileLacksAndNoneOfAnswersAlone) {
  const std::vector<std::string> all = names_beside({});
  ASSERT_GT(all.size(), 1u);
  EXPECT_TRUE(names_beside({"bypass"}).empty());
  EXPECT_EQ(names_beside({all[0]}), std::vector<std::string>(all.begin() + 1, all.end()));
}

ItemScore score_of(const TaskSpec& spec, const Rendered& doc,
                   std::shared_ptr<const CodeJudge> judge = nullptr) {
  TaskItem item;
  item.requests.resize(std::max<std::size_t>(1, doc.choices.size()));
  std::vector<RequestAnswer> answers(item.requests.size());
  const bool generated = spec.output_type == "generate_until";
  for (std::size_t i = 0; i < answers.size(); ++i) {
    item.requests[i].kind = generated ? RequestKind::kGenerate : RequestKind::kLoglikelihood;
    answers[i].logprob = -1.0 - static_cast<double>(i);
    answers[i].texts = {"text"};
  }
  return ItemScorer(spec, std::move(judge), false)
      .score(item, PyValue(PyDict()), doc, answers)
      .at(0);
}

/// Guessing one of four is right in two of four, however often one of the two is named.
TEST(ChoiceCounts, CountARightChoiceOnce) {
  TaskSpec spec;
  spec.output_type = "multiple_choice";
  spec.filters = {{"none", {}}};
  MetricSpec& acc = spec.metrics.emplace_back();
  acc.metric = "acc";
  acc.aggregation = "mean";
  Rendered doc;
  doc.choices = {"a", "b", "c", "d"};
  doc.target = PyValue(PyList{PyValue(1), PyValue(3), PyValue(1)});
  const ItemScore score = score_of(spec, doc);
  EXPECT_EQ(score.choices, 4u);
  EXPECT_EQ(score.right_choices, 2u);
}

/// A verdict that nobody gave is no wrong answer.
TEST(CodeScores, AProgramThatNobodyJudgedIsAnError) {
  class OneVerdict : public CodeJudge {
   public:
    explicit OneVerdict(Verdict verdict) : verdict_(verdict) {}
    std::vector<CodeOutcome> judge(std::span<const CodeProgram> programs) const override {
      std::vector<CodeOutcome> out(programs.size());
      for (CodeOutcome& outcome : out) outcome.verdict = verdict_, outcome.detail = "why";
      return out;
    }
    std::string description() const override { return "made"; }

   private:
    Verdict verdict_;
  };
  TaskSpec spec;
  spec.name = "t";
  spec.output_type = "generate_until";
  spec.filters = {{"none", {{"take_first", {}, "", {}}}}};
  MetricSpec& metric = spec.metrics.emplace_back();
  metric.metric = "pass@1";
  metric.native.emplace();
  metric.native->names = [](const NativeArguments&) { return std::vector<std::string>{"pass@1"}; };
  metric.native->programs = [](const PyValue&, const PyValue&) {
    return std::vector<CodeProgram>(2);
  };
  metric.native->judged = [](std::span<const CodeOutcome> outcomes, const NativeArguments&) {
    return MetricValues{{"pass@1", {outcomes[0].verdict == Verdict::kPass ? 1.0 : 0.0}}};
  };
  const Rendered doc;
  const auto value = [&](Verdict verdict) {
    return score_of(spec, doc, std::make_shared<OneVerdict>(verdict)).metrics.at(0).second;
  };
  EXPECT_EQ(value(Verdict::kPass), std::vector<double>{1});
  EXPECT_EQ(value(Verdict::kWrong), std::vector<double>{0});
  EXPECT_EQ(error_of([&] { value(Verdict::kSetupError); }), "code not judged: why");
  EXPECT_THAT(error_of([&] { score_of(spec, doc); }), HasSubstr("task t runs generated code"));
}

}  // namespace
}  // namespace flm
