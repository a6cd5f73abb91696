// The trie, its cuts and its batches, without a model.
#include <set>

#include "fixture.h"

namespace flm::test {
namespace {

const ModelFlops kFlops{1, 0, 0};

BatchLimits rows_at_most(std::int64_t rows) { return {rows, rows, 1e30}; }

TEST(PrefixTrie, RowsAreDistinctPrefixesOfAllButTheLastToken) {
  const std::vector<ScoreRequest> requests = mixed_requests(50);
  std::set<std::vector<std::int32_t>> prefixes;
  for (const ScoreRequest& request : requests)
    for (std::size_t length = 1; length < request.tokens.size(); ++length)
      prefixes.insert(
          {request.tokens.begin(), request.tokens.begin() + static_cast<std::int64_t>(length)});
  EXPECT_EQ(PrefixTrie(requests).nodes(), static_cast<std::int32_t>(prefixes.size()));
}

TEST(PrefixTrie, OneTokenContinuationsAreTargetsOfOneRow) {
  const std::vector<ScoreRequest> requests = {
      {{1, 2, 3, 10}, 3, 0}, {{1, 2, 3, 11}, 3, 0}, {{1, 2, 3, 10}, 3, 0}, {{1, 2, 3, 12}, 3, 4}};
  const PrefixTrie trie(requests);
  EXPECT_EQ(trie.nodes(), 3);
  const auto queries = queries_of(trie, {0, 3, 0}, requests);
  ASSERT_EQ(queries.size(), 1u);
  EXPECT_EQ(queries[0].targets, (std::vector<std::int32_t>{10, 11, 12}));
  EXPECT_EQ(queries[0].top_k, 4);
  EXPECT_EQ(trie.scored(0, 3).size(), 4u);
}

TEST(PrefixTrie, OrderOfRequestsDoesNotMatter) {
  std::vector<ScoreRequest> requests = mixed_requests(50);
  const PrefixTrie one(requests);
  std::reverse(requests.begin(), requests.end());
  const PrefixTrie other(requests);
  ASSERT_EQ(one.nodes(), other.nodes());
  for (std::int32_t node = 0; node < one.nodes(); ++node) {
    EXPECT_EQ(one.token(node), other.token(node));
    EXPECT_EQ(one.parent(node), other.parent(node));
  }
}

TEST(SuperBatches, EveryNodeOnceAndTheSharedPathAgain) {
  const std::vector<ScoreRequest> requests = mixed_requests(50);
  const PrefixTrie trie(requests);
  for (std::int64_t rows : {302, 350, 500, 5000}) {
    std::int32_t next = 0;
    for (const SuperBatch& batch : cut_into_batches(trie, kFlops, rows_at_most(rows))) {
      EXPECT_EQ(batch.begin, next);
      EXPECT_EQ(batch.recomputed, trie.position(batch.begin));
      EXPECT_LE(batch.rows(), rows);
      EXPECT_EQ(pack(trie, batch).rows(), batch.rows());
      next = batch.end;
    }
    EXPECT_EQ(next, trie.nodes());
  }
}

TEST(SuperBatches, PathsSpellTheTokensOfTheirNodes) {
  const std::vector<ScoreRequest> requests = mixed_requests(50);
  const PrefixTrie trie(requests);
  for (const SuperBatch& batch : cut_into_batches(trie, kFlops, rows_at_most(333))) {
    const PackedBatch packed = pack(trie, batch);
    for (std::int32_t node = batch.begin; node < batch.end; ++node) {
      const auto row = static_cast<std::size_t>(node - batch.begin + batch.recomputed);
      std::vector<std::int32_t> expected, found;
      for (std::int32_t n = node; n >= 0; n = trie.parent(n))
        expected.insert(expected.begin(), trie.token(n));
      for (std::int32_t s = 0; s < packed.path_count[row]; ++s) {
        const KvSegment& segment =
            packed.segments[static_cast<std::size_t>(packed.path_begin[row] + s)];
        for (std::int32_t i = 0;
             i < segment.length && segment.position + i <= packed.positions[row]; ++i)
          found.push_back(packed.ids[static_cast<std::size_t>(segment.slot + i)]);
      }
      ASSERT_EQ(found, expected);
    }
  }
}

TEST(SuperBatches, WorkEndsABatchBeyondTheUnhurriedRows) {
  std::vector<ScoreRequest> requests;
  for (std::int32_t i = 0; i < 100; ++i) requests.push_back({{i, i, i, i, i}, 1, 0});  // 400 rows
  const PrefixTrie trie(requests);
  const auto batches = cut_into_batches(trie, kFlops, {1000, 20, 100});
  EXPECT_EQ(batches.size(), 4u);
  for (const SuperBatch& batch : batches) EXPECT_EQ(batch.recomputed, 0);
}

TEST(SuperBatches, CutsAtTheShallowestNode) {
  std::vector<ScoreRequest> requests;
  for (std::int32_t i = 0; i < 30; ++i)
    requests.push_back({{i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 1, 0});  // 10 rows each
  for (const SuperBatch& batch : cut_into_batches(PrefixTrie(requests), kFlops, rows_at_most(45))) {
    EXPECT_EQ(batch.recomputed, 0);
    EXPECT_EQ(batch.rows() % 10, 0);
  }
}

}  // namespace
}  // namespace flm::test
