#include "engine/scoring/tapered_batches.h"

#include <gtest/gtest.h>

#include "engine/scoring/batch_cuts.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

const ModelFlops kFlops{1000, 1, 500};

TEST(TaperedBatches, CoverEachNodeOnceAndShrinkTowardsTheEnd) {
  std::vector<ScoreRequest> requests;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    std::vector<std::int32_t> tokens = random_ids(50, 300, i / 10);
    for (std::int32_t id : random_ids(5 + i % 40, 300, 1000 + i)) tokens.push_back(id);
    requests.push_back({tokens, 50, 0});
  }
  const PrefixTrie trie(requests);
  BatchLimits limits;
  limits.max_rows = 3000;
  limits.unhurried_rows = 4096;
  limits.max_flops = 1e12;
  for (const int models : {2, 3, 8}) {
    const auto batches = tapered_batches(trie, kFlops, limits, models);
    EXPECT_GT(batches.size(), 4u * static_cast<unsigned>(models));
    std::int32_t next = 0;
    double all = 0, rows = 0;
    for (const TrieSlice& batch : batches) {
      EXPECT_EQ(batch.begin, next);
      EXPECT_EQ(batch.recomputed, trie.position(batch.begin));
      EXPECT_LE(batch.rows(), limits.max_rows);
      next = batch.end;
      all += batch.flops;
      rows += batch.rows();
    }
    EXPECT_EQ(next, trie.nodes());
    EXPECT_LE(batches.back().flops, 2 * all / (32.0 * models));
    EXPECT_GE(batches.front().flops, batches.back().flops);
    EXPECT_LT(rows, 1.2 * trie.nodes()) << "little is computed again";
    // All models end together: whoever is free takes the next one.
    std::vector<double> busy(static_cast<std::size_t>(models));
    for (const TrieSlice& batch : batches)
      *std::min_element(busy.begin(), busy.end()) += batch.flops;
    EXPECT_LT(*std::max_element(busy.begin(), busy.end()), 1.05 * all / models);
  }
}

/// 70 questions of 20 rows behind each of two headers of 500: a piece of 64 rows would be header
/// for the most part. Two models need not take longer than a half and a header.
TEST(TaperedBatches, DoNotComputeALongHeaderForFewQuestions) {
  std::vector<ScoreRequest> requests;
  for (std::uint32_t i = 0; i < 140; ++i) {
    std::vector<std::int32_t> tokens = random_ids(500, 300, i / 70);
    for (std::int32_t id : random_ids(21, 300, 1000 + i)) tokens.push_back(id);
    requests.push_back({tokens, 520, 0});
  }
  const PrefixTrie trie(requests);
  BatchLimits limits;
  limits.max_rows = 1 << 20;
  limits.unhurried_rows = 4096;
  limits.max_flops = 1e12;
  const double whole = cut_into_batches(trie, kFlops, limits).front().flops;
  for (const int models : {2, 4}) {
    std::vector<double> busy(static_cast<std::size_t>(models));
    for (const TrieSlice& batch : tapered_batches(trie, kFlops, limits, models))
      *std::min_element(busy.begin(), busy.end()) += batch.flops;
    EXPECT_LT(*std::max_element(busy.begin(), busy.end()),
              1.05 * (whole / models + kFlops.of_path(500)));
  }
}

/// A batch of joined pieces costs what a batch of its own would: its nodes, and the path above it.
TEST(TaperedBatches, CostWhatTheyCompute) {
  const PrefixTrie trie(mixed_requests(500));
  BatchLimits limits;
  limits.max_rows = limits.unhurried_rows = 1 << 20;
  limits.max_flops = 1e15;
  const TrieSlice whole = cut_into_batches(trie, kFlops, limits).front();
  const auto batches = tapered_batches(trie, kFlops, limits, 3);
  ASSERT_GE(batches.size(), 3u);
  double work = 0, path = 0;
  for (const TrieSlice& batch : batches) {
    work += batch.flops;
    path += kFlops.of_path(batch.recomputed);
  }
  EXPECT_NEAR(work - path, whole.flops, 1e-6 * whole.flops);
}

}  // namespace
}  // namespace flm::test
