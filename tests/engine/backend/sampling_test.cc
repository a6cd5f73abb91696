#include "engine/backend/sampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace flm {
namespace {

std::int32_t sample(const std::vector<float>& logits, const Sampling& sampling,
                    std::uint32_t step = 0, const std::vector<std::int32_t>& history = {}) {
  return sample_token(logits, static_cast<std::int32_t>(logits.size()), sampling, history, 99,
                      step);
}

std::map<std::int32_t, double> frequencies(const std::vector<float>& logits,
                                           const Sampling& sampling, int draws) {
  std::map<std::int32_t, double> counts;
  for (int step = 0; step < draws; ++step) counts[sample(logits, sampling, step)] += 1.0 / draws;
  return counts;
}

TEST(Sampler, GreedyTakesTheLowestIdOnTiesAndNoneBeyondTheVocabulary) {
  const std::vector<float> logits{1, 5, 3, 5, 9};
  EXPECT_EQ(sample_token(logits, 4, {}, {}, 0, 0), 1);
  EXPECT_EQ(sample_token(logits, 9, {}, {}, 0, 0), 4);
}

TEST(Sampler, NothingBeyondTheVocabularyIsDrawn) {
  const std::vector<float> logits{0, 0, 0, 50, 50};
  Sampling sampling{.temperature = 2, .repetition_penalty = 1.1};
  for (std::uint32_t step = 0; step < 300; ++step) {
    ASSERT_LT(sample_token(logits, 3, sampling, {}, 0, step), 3);
  }
}

TEST(Sampler, PenaltyDividesPositiveAndMultipliesNegativeLogitsOnce) {
  const Sampling sampling{.repetition_penalty = 2};
  EXPECT_EQ(sample({4.0f, 3.0f, -1.0f}, sampling, 0, {0}), 1);     // 2, 3, -1
  EXPECT_EQ(sample({4.0f, 1.5f, -1.0f}, sampling, 0, {0, 0}), 0);  // 2 and not 1
  EXPECT_EQ(sample({-2.0f, -3.0f}, sampling, 0, {0}), 1);          // -4, -3
  EXPECT_EQ(sample({4.0f, 2.0f}, sampling, 0, {0}), 0);            // a tie: the lowest id
}

TEST(Sampler, FrequenciesFollowTheSoftmax) {
  const std::vector<float> logits{0, 1, 2, -1};
  constexpr int kDraws = 40000;
  for (double temperature : {0.5, 1.0, 3.0}) {
    const auto counts = frequencies(logits, {.temperature = temperature}, kDraws);
    double total = 0;
    for (float logit : logits) total += std::exp(logit / temperature);
    for (int id = 0; id < 4; ++id) {
      const double p = std::exp(logits[id] / temperature) / total;
      const auto found = counts.find(id);
      EXPECT_NEAR(found == counts.end() ? 0 : found->second, p,
                  5 * std::sqrt(p * (1 - p) / kDraws));
    }
  }
}

TEST(Sampler, TopKKeepsTheLowestIdsAmongTies) {
  const auto counts = frequencies({1, 2, 1, 1, 2}, {.temperature = 1, .top_k = 3}, 2000);
  std::set<std::int32_t> ids;
  for (const auto& [id, share] : counts) ids.insert(id);
  EXPECT_EQ(ids, (std::set<std::int32_t>{0, 1, 4}));
  EXPECT_EQ(frequencies({1, 2, 1}, {.temperature = 1, .top_k = 1}, 50).size(), 1u);
}

TEST(Sampler, TopPKeepsTheSmallestSetThatReachesP) {
  // Shares 0.5, 0.25, 0.125, 0.125.
  const float two = std::log(2.0f);
  const std::vector<float> logits{0, two, 2 * two, 0};
  const auto kept = [&](double p, int k = 0) {
    std::set<std::int32_t> ids;
    for (const auto& [id, share] :
         frequencies(logits, {.temperature = 1, .top_k = k, .top_p = p}, 2000)) {
      ids.insert(id);
    }
    return ids;
  };
  EXPECT_EQ(kept(0.01), (std::set<std::int32_t>{2}));
  EXPECT_EQ(kept(0.49), (std::set<std::int32_t>{2}));
  EXPECT_EQ(kept(0.51), (std::set<std::int32_t>{1, 2}));
  EXPECT_EQ(kept(0.76), (std::set<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(kept(0.9), (std::set<std::int32_t>{0, 1, 2, 3}));
  EXPECT_EQ(kept(0.6, 2), (std::set<std::int32_t>{2})) << "of the top two, id 2 has 2/3";
  EXPECT_EQ(frequencies({0, 0}, {.temperature = 1, .top_p = 0.5}, 2000).size(), 1u) << "it is half";
}

TEST(Sampler, FiltersThatKeepAllChangeNothing) {
  const std::vector<float> logits{0.3f, 1.7f, -0.4f, 0.9f, 1.7f};
  for (std::uint32_t step = 0; step < 200; ++step) {
    const std::int32_t plain = sample(logits, {.temperature = 1.3}, step);
    ASSERT_EQ(sample(logits, {.temperature = 1.3, .top_k = 5}, step), plain);
    ASSERT_EQ(sample(logits, {.temperature = 1.3, .top_k = 50}, step), plain);
  }
}

TEST(Sampler, ImpossibleIdsAreNeverDrawn) {
  const std::vector<float> logits{-INFINITY, 0, -INFINITY, 0, -2000};
  for (const auto& [id, share] : frequencies(logits, {.temperature = 1}, 2000)) {
    EXPECT_TRUE(id == 1 || id == 3) << id;
  }
}

}  // namespace
}  // namespace flm
