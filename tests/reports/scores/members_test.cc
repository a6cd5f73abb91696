// Tasks of which documents are missing, and groups of few or equal members; figures by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/scores/group_scores.h"
#include "reports/scores/remembered_stderr.h"
#include "reports/scores/task_scores.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

using testing::HasSubstr;

const MetricRecord kAccuracy{"none", "acc", "mean", true};

TaskScores scored(std::int64_t chosen, const std::vector<SampleRecord>& samples,
                  const MetricRecord& metric) {
  TaskRecord task;
  task.task = "t";
  task.docs_total = task.docs_chosen = chosen;
  task.metrics = {metric, {metric.filter, kCutAnswers, "mean", false, true}};
  return score_task(task, samples, [](const auto& name, const ItemValues& values) {
    return aggregate_stderr(name, values, 0);
  });
}

std::vector<SampleRecord> samples_of(const std::vector<double>& values,
                                     const MetricRecord& metric = kAccuracy) {
  std::vector<SampleRecord> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i].task = "t";
    out[i].doc_id = static_cast<std::int64_t>(i);
    out[i].filter = metric.filter;
    out[i].values = {{metric.metric, {values[i]}}};
  }
  return out;
}

TaskScores all_of(const std::vector<double>& values) {
  return scored(static_cast<std::int64_t>(values.size()), samples_of(values), kAccuracy);
}

/// 1 % is of the documents that are chosen, not of those that are done.
TEST(LeftOutDocuments, AreAShareOfAllThatAreChosen) {
  std::vector<SampleRecord> samples = samples_of({1, 1, 1, 0, 0});
  for (std::size_t i = 3; i < 5; ++i)
    samples[i].values.clear(), samples[i].status = "over_long", samples[i].message = "needs 9";
  EXPECT_EQ(scored(200, samples, kAccuracy).metrics.at(0).score.value, 1.0);
  const Score beyond = scored(199, samples, kAccuracy).metrics.at(0).score;
  EXPECT_EQ(beyond.value, std::nullopt);
  EXPECT_EQ(beyond.reason, "2 of 199 prompts exceed the context (more than 1%)");
}

/// Under two filters a document is one document: its choices count once.
TEST(ChoiceCounts, AreThoseOfTheFirstFilter) {
  std::vector<SampleRecord> samples = samples_of({1, 0});
  samples[0].values.push_back({kChoiceCounts, {4, 1}});
  samples[1].doc_id = 0, samples[1].filter = "other", samples[1].filter_index = 1;
  EXPECT_EQ(scored(1, samples, kAccuracy).choices.chance, 0.25) << "no counts under the second";
}

TEST(Groups, OfOneMemberHaveItsInterval) {
  const LeafScores leaves = {{"a", all_of({1, 0, 0, 1, 1})}};
  const Score& own = leaves.at("a").metrics.at(0).score;
  ASSERT_TRUE(own.low && own.high);
  for (const std::vector<std::string>& members : {std::vector<std::string>{"a"}, {"a", "a"}}) {
    const GroupRecord group{"g", "g", "", members, members, {{"acc", {}, true}}};
    const Score score = score_group(group, leaves).scores.at(0);
    EXPECT_EQ(score.value, 3.0 / 5);
    EXPECT_EQ(score.low, own.low) << members.size() << ": the same answers twice say no more";
    EXPECT_EQ(score.high, own.high);
    EXPECT_EQ(score.interval, own.interval);
  }
}

/// Where nobody knows what a member would have without its cut answers, nobody knows it of the
/// group.
TEST(Groups, WithAMemberOfUnknownLossSayNoLoss) {
  const MetricRecord exact{"none", "exact_match", "mean", true};
  const auto cut = [&](double share) {
    std::vector<SampleRecord> samples = samples_of({1, 1}, exact);
    for (std::size_t i = 0; i < 2; ++i)
      samples[i].values.push_back({kCutAnswers, {i == 0 ? share : 0}});
    return scored(2, samples, exact);
  };
  const LeafScores leaves = {{"whole", cut(1)}, {"half", cut(0.5)}};
  GroupRecord group{"g", "g", "", {"whole"}, {"whole"}, {{"exact_match", {}, true}}};
  EXPECT_EQ(score_group(group, leaves).scores.at(0).if_cut_wrong, 0.5);
  group.children = group.leaves = {"whole", "half"};
  const Score both = score_group(group, leaves).scores.at(0);
  EXPECT_EQ(both.cut, 0.5);
  EXPECT_EQ(both.if_cut_wrong, std::nullopt);
}

/// One document in each domain says nothing of an error, two in one of them do.
TEST(BpbGroups, OfADocumentEachHaveNoError) {
  const MetricRecord bpb{"none", "bpb", "bpb", false};
  const auto domain = [&](int documents, std::int64_t chosen) {
    std::vector<SampleRecord> samples = samples_of(std::vector<double>(documents, 0), bpb);
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i].values = {{"bpb", {10.0 * static_cast<double>(i + 1), 100, 25}}};
    return scored(chosen, samples, bpb);
  };
  GroupRecord group{"g", "g", "", {"a", "b"}, {"a", "b"}, {{"bpb", {}, false}}};
  group.mixtures = {{"mine", "", {{"a", 1}, {"b", 3}}}};
  const auto figure = [&](const LeafScores& leaves, const std::string& name) {
    const GroupScores scores = score_group(group, leaves);
    for (const Score& score : scores.extra)
      if (score.metric == name) return score;
    throw std::runtime_error("no figure " + name);
  };
  const LeafScores single = {{"a", domain(1, 1)}, {"b", domain(1, 1)}};
  EXPECT_NEAR(*figure(single, "bpb_micro").value, 20 / (200 * std::log(2.0)), 1e-15);
  EXPECT_EQ(figure(single, "bpb_micro").stderr_value, std::nullopt);
  EXPECT_EQ(figure(single, "bpb_micro").low, std::nullopt);
  const LeafScores more = {{"a", domain(1, 1)}, {"b", domain(2, 2)}};
  EXPECT_TRUE(figure(more, "bpb_micro").stderr_value);
  EXPECT_NEAR(*figure(more, "bpb_mine").value, (0.25 * 10 + 0.75 * 15) / (100 * std::log(2.0)),
              1e-15);
  const LeafScores partial = {{"a", domain(1, 1)}, {"b", domain(2, 3)}};
  EXPECT_EQ(figure(partial, "bpb_mine").value, std::nullopt);
  EXPECT_THAT(figure(partial, "bpb_mine").reason, HasSubstr("wants b, which has no final score"));
}

/// What is remembered is of these values, cut into these items, and drawn as often.
TEST(RememberedErrors, AreNotTakenForOthers) {
  const TemporaryFolder folder;
  const auto store = Store::open(folder / "runs.db");
  const ItemValues pairs = {{1, 2}, {3, 4}, {9, 1}}, flat = {{1}, {2}, {3}, {4}, {9}, {1}};
  for (const auto& [items, times] :
       {std::pair{pairs, 1000}, {flat, 1000}, {pairs, 2000}, {flat, 2000}, {pairs, 1000}})
    EXPECT_EQ(remembered_stderr(*store, "median", items, times),
              aggregate_stderr("median", items, times))
        << items.size() << " " << times;
  EXPECT_NE(aggregate_stderr("median", pairs, 1000), aggregate_stderr("median", flat, 1000));
  EXPECT_NE(aggregate_stderr("median", flat, 1000), aggregate_stderr("median", flat, 2000));
}

}  // namespace
}  // namespace flm
