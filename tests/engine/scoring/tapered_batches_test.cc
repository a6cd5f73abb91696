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
    const auto small =
        cut_into_batches(trie, kFlops, small_batches(trie, kFlops, limits, models));
    const auto batches = join_tapered(small, kFlops, limits, models);
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

/// A joined batch costs what a batch of its own would.
TEST(TaperedBatches, CostWhatTheyCompute) {
  const std::vector<ScoreRequest> requests = mixed_requests(500);
  const PrefixTrie trie(requests);
  BatchLimits limits;
  limits.max_rows = 1 << 20;
  limits.unhurried_rows = 1;
  limits.max_flops = 1e5;
  const auto small = cut_into_batches(trie, kFlops, limits);
  ASSERT_GT(small.size(), 5u);
  limits.max_flops = 1e15;
  const auto joined = join_tapered(small, kFlops, limits, 1);
  limits.unhurried_rows = 1 << 20;
  const TrieSlice whole = cut_into_batches(trie, kFlops, limits).front();
  double work = 0, path = 0;
  for (const TrieSlice& batch : joined) {
    work += batch.flops;
    path += kFlops.of_path(batch.recomputed);
  }
  EXPECT_NEAR(work - path, whole.flops, 1e-6 * whole.flops);
}

}  // namespace
}  // namespace flm::test
