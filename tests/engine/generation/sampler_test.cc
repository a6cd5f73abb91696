#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "engine/generation/generator.h"
#include "engine/numerics/exponential.h"
#include "engine/numerics/random_stream.h"

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

TEST(Exponential, AgreesWithLibm) {
  EXPECT_EQ(exponential(0), 1.0);
  for (double x = 0; x > -708; x -= 0.0137) {
    ASSERT_NEAR(exponential(x) / std::exp(x), 1, 3e-16) << x;
  }
  EXPECT_EQ(exponential(-709), 0);
  EXPECT_EQ(exponential(-INFINITY), 0);
}

TEST(RandomStream, IsAFunctionOfItsKey) {
  EXPECT_EQ(uniform(1, 2, 3, 4), uniform(1, 2, 3, 4));
  const std::set<double> all{uniform(1, 2, 3, 4), uniform(2, 2, 3, 4), uniform(1, 3, 3, 4),
                             uniform(1, 2, 4, 4), uniform(1, 2, 3, 5), uniform(1, 2, 4, 3),
                             uniform(2, 1, 3, 4)};
  EXPECT_EQ(all.size(), 7u);
}

TEST(RandomStream, KeepsItsBits) {
  // Frozen: another value would change every stored sampled generation.
  const std::vector<std::int32_t> prompt{1, 22172, 3186};
  EXPECT_EQ(hash_prompt(prompt), 0x538711996EB8A274u);
  EXPECT_EQ(uniform(1234, hash_prompt(prompt), 0, 0), 0x1.c18b8ff299b88p-1);
}

TEST(RandomStream, IsUniform) {
  std::vector<int> bins(64);
  double sum = 0;
  constexpr int kDraws = 64000;
  for (std::uint32_t step = 0; step < kDraws; ++step) {
    const double u = uniform(1234, 5, 0, step);
    ASSERT_TRUE(u >= 0 && u < 1);
    sum += u;
    ++bins[static_cast<int>(u * 64)];
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5 / std::sqrt(12.0 * kDraws));
  double chi_square = 0;
  for (int count : bins) chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
  EXPECT_LT(chi_square, 63 + 5 * std::sqrt(2 * 63.0));
}

TEST(RandomStream, PromptHashSeesOrderAndLength) {
  const auto hash = [](std::vector<std::int32_t> prompt) { return hash_prompt(prompt); };
  const std::set<std::uint64_t> all{hash({1, 2}),    hash({2, 1}), hash({1}),
                                    hash({1, 2, 0}), hash({0}),    hash({0, 0})};
  EXPECT_EQ(all.size(), 6u);
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
