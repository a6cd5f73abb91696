// The trie, its cuts and its batches, without a model.
#include <set>
#include <utility>

#include "base/errors.h"
#include "engine/scoring/batch_cuts.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

const ModelFlops kRowFlops{1, 0, 0};

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

TEST(PrefixTrie, MoreRowsThanAreCountedAreAUserError) {
  const std::vector<ScoreRequest> requests = {{{1, 2, 3, 4}, 1, 0}, {{1, 2, 5, 6, 7}, 1, 0}};
  EXPECT_EQ(PrefixTrie(requests, 5).nodes(), 5) << "1, 1 2, 1 2 3, 1 2 5, 1 2 5 6";
  try {
    const PrefixTrie trie(requests, 4);
    ADD_FAILURE() << "no error";
  } catch (const UserError& error) {
    EXPECT_EQ(error.what(), std::string("the requests have more distinct prefixes than one call "
                                        "counts; give them in parts, each of at most 4 (--tasks, "
                                        "--limit or --samples)"));
  }
}

TEST(PrefixTrie, OneTokenContinuationsAreTargetsOfOneRow) {
  const std::vector<ScoreRequest> requests = {
      {{1, 2, 3, 10}, 3, 0}, {{1, 2, 3, 11}, 3, 0}, {{1, 2, 3, 10}, 3, 0}, {{1, 2, 3, 12}, 3, 4}};
  const PrefixTrie trie(requests);
  EXPECT_EQ(trie.nodes(), 3);
  const ScoringBatch batch = pack(trie, {0, 3, 0}, requests);
  EXPECT_EQ(batch.rows.head_rows, std::vector<std::int32_t>{2});
  ASSERT_EQ(batch.queries.size(), 1u);
  EXPECT_EQ(batch.queries[0].targets, (std::vector<std::int32_t>{10, 11, 12}));
  EXPECT_EQ(batch.queries[0].top_k, 4);
  EXPECT_EQ(trie.scored(0, 3).size(), 4u);
  ASSERT_EQ(batch.recipients.size(), 4u);
  const std::vector<std::pair<std::int64_t, std::int32_t>> wanted = {
      {0, 0}, {2, 0}, {1, 1}, {3, 2}};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(batch.recipients[i].head_row, 0);
    EXPECT_EQ(batch.recipients[i].request, wanted[i].first);
    EXPECT_EQ(batch.recipients[i].target, wanted[i].second);
  }
}

TEST(PackedBatch, EveryScoredPositionHasOneRecipientWithItsOwnTarget) {
  const std::vector<ScoreRequest> requests = mixed_requests(50);
  const PrefixTrie trie(requests);
  std::set<std::pair<std::int64_t, std::int32_t>> seen;
  for (const TrieSlice& slice : cut_into_batches(trie, kRowFlops, rows_at_most(333))) {
    const ScoringBatch batch = pack(trie, slice, requests);
    ASSERT_EQ(batch.queries.size(), batch.rows.head_rows.size());
    for (const Recipient& to : batch.recipients) {
      const ScoreRequest& request = requests[static_cast<std::size_t>(to.request)];
      const auto position = static_cast<std::size_t>(request.first_scored + to.index);
      const auto head = static_cast<std::size_t>(to.head_row);
      EXPECT_EQ(batch.queries[head].targets[static_cast<std::size_t>(to.target)],
                request.tokens[position]);
      const auto row = static_cast<std::size_t>(batch.rows.head_rows[head]);
      EXPECT_EQ(batch.rows.ids[row], request.tokens[position - 1]);
      EXPECT_TRUE(seen.insert({to.request, to.index}).second);
    }
  }
  std::size_t positions = 0;
  for (const ScoreRequest& request : requests)
    positions += request.tokens.size() - static_cast<std::size_t>(request.first_scored);
  EXPECT_EQ(seen.size(), positions);
}

/// Of one row, in whatever order: the one that wants fewer is given the first of them.
TEST(PackedBatch, ARowIsAskedForTheMostLikelyTokensThatAnyRequestWants) {
  for (const auto& [first, second] :
       std::vector<std::pair<std::int32_t, std::int32_t>>{{5, 2}, {2, 5}, {5, 0}, {0, 5}}) {
    const std::vector<ScoreRequest> requests = {{{1, 2, 3}, 2, first}, {{1, 2, 4}, 2, second}};
    const PrefixTrie trie(requests);
    const auto slices = cut_into_batches(trie, kRowFlops, rows_at_most(10));
    ASSERT_EQ(slices.size(), 1u);
    const ScoringBatch batch = pack(trie, slices[0], requests);
    ASSERT_EQ(batch.queries.size(), 1u);
    EXPECT_EQ(batch.queries[0].top_k, 5) << first << " and " << second;
  }
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

TEST(BatchCuts, EveryNodeOnceAndTheSharedPathAgain) {
  const std::vector<ScoreRequest> requests = mixed_requests(50);
  const PrefixTrie trie(requests);
  for (std::int64_t rows : {302, 350, 500, 5000}) {
    std::int32_t next = 0;
    for (const TrieSlice& batch : cut_into_batches(trie, kRowFlops, rows_at_most(rows))) {
      EXPECT_EQ(batch.begin, next);
      EXPECT_EQ(batch.recomputed, trie.position(batch.begin));
      EXPECT_LE(batch.rows(), rows);
      EXPECT_EQ(pack(trie, batch, requests).rows.rows(), batch.rows());
      next = batch.end;
    }
    EXPECT_EQ(next, trie.nodes());
  }
}

TEST(BatchCuts, PathsSpellTheTokensOfTheirNodes) {
  const std::vector<ScoreRequest> requests = mixed_requests(50);
  const PrefixTrie trie(requests);
  for (const TrieSlice& batch : cut_into_batches(trie, kRowFlops, rows_at_most(333))) {
    const PackedBatch packed = pack(trie, batch, requests).rows;
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

TEST(BatchCuts, WorkEndsABatchBeyondTheUnhurriedRows) {
  std::vector<ScoreRequest> requests;
  for (std::int32_t i = 0; i < 100; ++i) requests.push_back({{i, i, i, i, i}, 1, 0});  // 400 rows
  const PrefixTrie trie(requests);
  const auto batches = cut_into_batches(trie, kRowFlops, {1000, 20, 100});
  EXPECT_EQ(batches.size(), 4u);
  for (const TrieSlice& batch : batches) EXPECT_EQ(batch.recomputed, 0);
}

/// Subjects of documents under headers of their own, as few-shot prompts are.
std::vector<ScoreRequest> subjects(std::size_t count, std::size_t header, std::size_t documents) {
  std::vector<ScoreRequest> requests;
  for (std::size_t subject = 0; subject < count; ++subject) {
    const auto shared = random_ids(header, 50, static_cast<std::uint32_t>(subject + 1));
    for (std::size_t d = 0; d < documents; ++d) {
      std::vector<std::int32_t> tokens = shared;
      for (std::int32_t id : random_ids(11, 50, static_cast<std::uint32_t>(1000 * subject + d)))
        tokens.push_back(id);
      requests.push_back({tokens, static_cast<std::int32_t>(tokens.size() - 1), 0});
    }
  }
  return requests;
}

std::int64_t rows_again(const std::vector<TrieSlice>& batches) {
  std::int64_t rows = 0;
  for (const TrieSlice& batch : batches) rows += batch.recomputed;
  return rows;
}

TEST(BatchCuts, EndAtTheBordersOfHeaders) {
  const PrefixTrie trie(subjects(20, 60, 30));  // about 360 rows each
  const auto batches = cut_into_batches(trie, kRowFlops, {1500, 400, 1500, 8});
  EXPECT_LE(rows_again(batches), 20);  // a few subjects begin with the same token
  for (const TrieSlice& batch : batches) EXPECT_LE(batch.rows(), 1500);
}

TEST(BatchCuts, ALittleMoreTimeKeepsASubjectWhole) {
  const PrefixTrie trie(subjects(6, 400, 80));  // more work than a batch may have, each
  const double subject = trie.nodes() / 6.0;
  const auto whole = cut_into_batches(trie, kRowFlops, {1 << 20, 1, 0.8 * subject});
  EXPECT_LE(rows_again(whole), 6);
  for (const TrieSlice& batch : whole) EXPECT_LE(batch.flops, 1.5 * 0.8 * subject);
  EXPECT_GE(rows_again(cut_into_batches(trie, kRowFlops, {1 << 20, 1, 0.6 * subject})), 6 * 400);
}

TEST(BatchCuts, ABatchOfAHundredSharedPathsComputesOnePercentAgain) {
  const PrefixTrie trie(subjects(3, 40, 2000));  // a subject is many batches
  const auto batches = cut_into_batches(trie, kRowFlops, {4100, 4000, 1e30});
  EXPECT_GT(batches.size(), 10u);
  EXPECT_LE(static_cast<double>(rows_again(batches)), 0.01 * trie.nodes());
}

/// The fewest rows computed again of all ways to cut, tried one by one.
std::int64_t fewest_rows_again(const PrefixTrie& trie, std::int64_t max_rows, double batch_rows) {
  const auto nodes = static_cast<std::size_t>(trie.nodes());
  std::vector<double> cost(nodes + 1, 1e18);
  std::vector<std::int64_t> again(nodes + 1);
  cost[0] = 0;
  for (std::size_t from = 0; from < nodes; ++from) {
    const std::int32_t above = trie.position(static_cast<std::int32_t>(from));
    for (std::size_t to = from + 1; to <= nodes; ++to) {
      if (static_cast<std::int64_t>(to - from) + above > max_rows) break;
      if (cost[from] + above + batch_rows >= cost[to]) continue;
      cost[to] = cost[from] + above + batch_rows;
      again[to] = again[from] + above;
    }
  }
  return again[nodes];
}

TEST(BatchCuts, NoWayToCutComputesLessAgain) {
  for (std::size_t header : {3u, 20u, 50u}) {
    const PrefixTrie trie(subjects(7, header, 9));
    for (std::int64_t rows : {90, 170, 400}) {
      const auto batches = cut_into_batches(trie, kRowFlops, {rows, 1, 1e30, 5});
      EXPECT_EQ(rows_again(batches), fewest_rows_again(trie, rows, 5)) << header << " " << rows;
    }
  }
}

TEST(BatchCuts, AnEmptyTrieHasNoBatch) {
  EXPECT_TRUE(cut_into_batches(PrefixTrie({}), kRowFlops, rows_at_most(10)).empty());
}

TEST(BatchCuts, FlopsAreThoseOfTheRowsThatRun) {
  const std::vector<ScoreRequest> requests = mixed_requests(50);
  const PrefixTrie trie(requests);
  const ModelFlops flops{1000, 3, 70};
  for (const TrieSlice& batch : cut_into_batches(trie, flops, {400, 300, 1e30})) {
    double expected = 0;
    const PackedBatch packed = pack(trie, batch, requests).rows;
    for (const std::int32_t position : packed.positions) expected += 1000 + 3.0 * (position + 1);
    expected += 70.0 * static_cast<double>(packed.head_rows.size());
    EXPECT_DOUBLE_EQ(batch.flops, expected);
  }
}

TEST(BatchCuts, CutsAtTheShallowestNode) {
  std::vector<ScoreRequest> requests;
  for (std::int32_t i = 0; i < 30; ++i)
    requests.push_back({{i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 1, 0});  // 10 rows each
  for (const TrieSlice& batch :
       cut_into_batches(PrefixTrie(requests), kRowFlops, rows_at_most(45))) {
    EXPECT_EQ(batch.recomputed, 0);
    EXPECT_EQ(batch.rows() % 10, 0);
  }
}

}  // namespace
}  // namespace flm::test
