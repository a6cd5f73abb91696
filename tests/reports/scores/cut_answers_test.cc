// Scores over generated answers of which the limit on new tokens cut some; figures by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/figures/figures.h"
#include "reports/scores/group_scores.h"
#include "reports/scores/task_scores.h"

namespace flm {
namespace {

using testing::HasSubstr;

struct Item {
  double value, cut;
};

TaskScores scores(const std::vector<Item>& items, const MetricRecord& metric) {
  TaskRecord task;
  task.task = "t";
  task.docs_total = task.docs_chosen = static_cast<std::int64_t>(items.size());
  task.metrics = {metric, {metric.filter, kCutAnswers, "mean", false, true}};
  std::vector<SampleRecord> samples;
  for (std::size_t i = 0; i < items.size(); ++i) {
    SampleRecord sample;
    sample.task = "t";
    sample.doc_id = static_cast<std::int64_t>(i);
    sample.filter = metric.filter;
    sample.values = {{metric.metric, {items[i].value}}};
    if (items[i].cut >= 0) sample.values.push_back({kCutAnswers, {items[i].cut}});
    samples.push_back(sample);
  }
  return score_task(task, samples, [](const auto& name, const ItemValues& values) {
    return aggregate_stderr(name, values, 0);
  });
}

const MetricRecord kExact{"none", "exact_match", "mean", true};

TEST(CutAnswers, AreCountedAndBounded) {
  // Two of five are cut, one of them right all the same: 3/5; 2/5 if both are wrong; 2/3 of the
  // rest.
  const TaskScores all = scores({{1, 0}, {1, 1}, {0, 1}, {0, 0}, {1, 0}}, kExact);
  const Score& score = all.metrics.at(0).score;
  EXPECT_EQ(score.value, 3.0 / 5);
  EXPECT_EQ(score.cut, 2.0 / 5);
  EXPECT_EQ(score.if_cut_wrong, 2.0 / 5);
  EXPECT_EQ(score.of_ended, 2.0 / 3);
  EXPECT_EQ(all.metrics.at(1).score.value, 2.0 / 5) << "the rate as a metric of its own, for CSV";
  EXPECT_TRUE(all.metrics.at(1).score.beside);
  EXPECT_EQ(all.metrics.at(1).score.cut, std::nullopt);
  EXPECT_THAT(remark_text(score), HasSubstr("40% cut"));
  EXPECT_THAT(all.notes.at(0), HasSubstr("2 of 5 items have answers that the limit"));
}

TEST(CutAnswers, AGroupHasThoseOfItsMembers) {
  // Of 4 items 2 are cut, one of these right: 3/4, 2/4 if they are wrong. The other member: 1/2,
  // none.
  const LeafScores leaves = {{"a", scores({{1, 0}, {1, 1}, {0, 1}, {1, 0}}, kExact)},
                             {"b", scores({{1, 0}, {0, 0}}, kExact)}};
  GroupRecord group{"g", "g", "", {"a", "b"}, {"a", "b"}, {{"exact_match", {}, true}}};
  const Score by_size = score_group(group, leaves).scores.at(0);
  EXPECT_DOUBLE_EQ(*by_size.value, 4.0 / 6);
  EXPECT_DOUBLE_EQ(*by_size.cut, 2.0 / 6);
  EXPECT_DOUBLE_EQ(*by_size.if_cut_wrong, 3.0 / 6);
  group.metrics[0].weight_by_size = false;
  const Score by_member = score_group(group, leaves).scores.at(0);
  EXPECT_DOUBLE_EQ(*by_member.value, (0.75 + 0.5) / 2);
  EXPECT_DOUBLE_EQ(*by_member.if_cut_wrong, (0.5 + 0.5) / 2);
  group.leaves = group.children = {"b"};
  EXPECT_EQ(score_group(group, leaves).scores.at(0).cut, std::nullopt);
}

TEST(CutAnswers, NoneAreNotSpokenOf) {
  const TaskScores all = scores({{1, 0}, {0, 0}}, kExact);
  EXPECT_EQ(all.metrics.at(0).score.cut, std::nullopt);
  EXPECT_EQ(remark_text(all.metrics.at(0).score), "");
  EXPECT_TRUE(all.notes.empty());
  EXPECT_EQ(all.metrics.at(1).score.value, 0.0);
}

TEST(CutAnswers, WhereAllAreCutNoneEnded) {
  const Score score = scores({{1, 1}, {0, 1}}, kExact).metrics.at(0).score;
  EXPECT_EQ(score.cut, 1.0);
  EXPECT_EQ(score.if_cut_wrong, 0.0);
  EXPECT_EQ(score.of_ended, std::nullopt);
}

TEST(CutAnswers, WhatNobodyKnowsIsNotGuessed) {
  // One of an item's two answers was cut: what the item would be worth without it, nobody knows.
  const Score partly = scores({{1, 0.5}, {0, 0}}, kExact).metrics.at(0).score;
  EXPECT_EQ(partly.cut, 0.5);
  EXPECT_EQ(partly.if_cut_wrong, std::nullopt);
  EXPECT_EQ(partly.of_ended, 0.0);
  // No worst value: lower is better, or the score is no mean.
  EXPECT_EQ(
      scores({{0.5, 1}, {0, 0}}, {"none", "ter", "mean", false}).metrics.at(0).score.if_cut_wrong,
      std::nullopt);
  EXPECT_EQ(
      scores({{0.5, 1}, {0, 0}}, {"none", "m", "median", true}).metrics.at(0).score.if_cut_wrong,
      std::nullopt);
  // A log that does not say of every answer how it ended.
  const TaskScores log = scores({{1, -1}, {0, 1}}, kExact);
  EXPECT_EQ(log.metrics.at(0).score.cut, std::nullopt);
  EXPECT_EQ(scores({{1, -1}, {0, -1}}, kExact).metrics.size(), 1u);
}

}  // namespace
}  // namespace flm
