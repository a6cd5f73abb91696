// What is put down of an item whose log-likelihoods another engine gave, and the names of a group's
// metrics.
#include "harness/run/sample_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace flm {
namespace {

using ::testing::HasSubstr;

/// A task of choices that scores everything 1.
class AlwaysRight : public Task {
 public:
  const std::string& name() const override { return name_; }
  const std::string& alias() const override { return name_; }
  std::string version() const override { return "1.0"; }
  std::string output_type() const override { return "multiple_choice"; }
  int num_fewshot() const override { return 0; }
  std::string config_json() const override { return "{}"; }
  std::string spec_hash() const override { return "spec"; }
  std::string data_hash() const override { return "data"; }
  bool builtin_sample() const override { return false; }
  std::vector<MetricInfo> metrics() const override { return {{"none", "acc", "mean", true}}; }
  std::optional<BpbProtocol> bpb() const override { return std::nullopt; }
  std::int64_t doc_count() const override { return 1; }
  std::vector<TaskItem> items(std::span<const std::int64_t>) const override { return {}; }
  std::vector<ItemScore> score(const TaskItem&, std::span<const RequestAnswer>) const override {
    ItemScore score;
    score.filter = "none";
    score.filtered_json = "[]";
    score.metrics = {{"acc", {1}}};
    return {score};
  }

 private:
  const std::string name_ = "made";
};

constexpr double kNever = -std::numeric_limits<double>::infinity();

/// The record of an item with choices of these log-likelihoods.
SampleRecord record_of(const std::vector<double>& logprobs) {
  PlannedTask task;
  task.task = std::make_shared<AlwaysRight>();
  PlannedItem item;
  for (const double logprob : logprobs) {
    item.item.requests.emplace_back().kind = RequestKind::kLoglikelihood;
    item.answers.emplace_back().logprob = logprob;
  }
  return make_sample_records(task, item).at(0);
}

TEST(SampleRecords, LogLikelihoodsAreNumbersUpToZero) {
  EXPECT_EQ(record_of({-1, 0}).status, "ok");
  EXPECT_EQ(record_of({-1, 0}).values.at(0).second, std::vector<double>{1});
  for (const double wrong : {0.5, std::nan(""), std::numeric_limits<double>::infinity()}) {
    const SampleRecord record = record_of({-1, wrong});
    EXPECT_EQ(record.status, "error") << wrong;
    EXPECT_THAT(record.message, HasSubstr("the log-probability of request 1 is not a number up to "
                                          "0"));
    EXPECT_TRUE(record.values.empty());
  }
}

TEST(SampleRecords, OneChoiceMayBeImpossibleButNotAll) {
  EXPECT_EQ(record_of({-1, kNever}).status, "ok");
  EXPECT_THAT(record_of({kNever, kNever}).message, HasSubstr("every log-probability is -inf"));
  EXPECT_THAT(record_of({kNever}).message, HasSubstr("the log-probability of the text is -inf"));
}

TEST(GroupRecords, NameTheProtocolOfTheirMembers) {
  RunPlan plan;
  PlannedTask task;
  task.task = std::make_shared<AlwaysRight>();
  task.bpb = ResolvedBpb{512, 256, false, 2};
  plan.tasks.push_back(task);
  TaskGroup own, other;
  own.leaves = {"made"};
  own.metrics = {{"bpb", {}, true, ""}, {"acc", {}, false, ""}};
  other.leaves = {"another"};
  other.metrics = {{"bpb", {}, true, ""}};
  plan.selection.groups = {own, other};
  const std::vector<GroupRecord> records = make_group_records(plan);
  EXPECT_EQ(records.at(0).metrics.at(0).metric, "bpb@ctx512/stride256/prefix2/doc");
  EXPECT_EQ(records[0].metrics.at(1).metric, "acc");
  EXPECT_FALSE(records[0].metrics[1].weight_by_size);
  EXPECT_EQ(records.at(1).metrics.at(0).metric, "bpb");
}

}  // namespace
}  // namespace flm
