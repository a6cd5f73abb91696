#include "engine/generation/kv_pages.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "base/errors.h"

namespace flm {
namespace {

std::vector<std::int32_t> prompt_of(std::int32_t length, std::int32_t first = 0) {
  std::vector<std::int32_t> prompt(length);
  std::iota(prompt.begin(), prompt.end(), first);
  return prompt;
}

TEST(KvPages, WholePagesOfACommonPrefixAreSharedAndTheRestIsCopied) {
  KvPages cache(16);
  const auto a = cache.acquire(prompt_of(200), 210);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->shared_tokens, 0);
  EXPECT_EQ(a->pages, (std::vector<std::int32_t>{0, 1, 2, 3}));
  auto other = prompt_of(200);
  other[150] = 7;  // in the third page
  const auto b = cache.acquire(other, 300);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->shared_tokens, 150);
  EXPECT_EQ(b->source, 2);
  EXPECT_EQ(b->pages, (std::vector<std::int32_t>{0, 1, 4, 5, 6}));
  EXPECT_EQ(copy_of(*b).from, 2 * 64);
  EXPECT_EQ(copy_of(*b).to, 4 * 64);
  EXPECT_EQ(copy_of(*b).count, 150 - 128);
  EXPECT_EQ(cache.pages_in_use(), 7);
}

TEST(KvPages, TheLongestBeginningIsTheSource) {
  KvPages cache(16);
  for (const std::int32_t changed : {10, 40, 25}) {
    auto prompt = prompt_of(60);
    prompt[static_cast<std::size_t>(changed)] = 999;
    ASSERT_TRUE(cache.acquire(prompt, 60));  // pages 0, 1, 2
  }
  const auto lease = cache.acquire(prompt_of(60), 60);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->source, 1);
  EXPECT_EQ(lease->shared_tokens, 40);
  const auto longer = cache.acquire(prompt_of(300), 300);  // behind a page of 60
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->source, lease->pages[0]);
  EXPECT_EQ(longer->shared_tokens, 60);
}

TEST(KvPages, ASourceStaysUntilItIsCopied) {
  KvPages cache(3);
  const auto a = cache.acquire(prompt_of(50), 50);
  cache.release(*a);
  auto b = cache.acquire(prompt_of(60), 60);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->source, a->pages[0]);
  EXPECT_FALSE(cache.acquire(prompt_of(70, 500), 70)) << "one page is left beside the source";
  cache.release_source(*b);
  EXPECT_EQ(b->source, -1);
  EXPECT_TRUE(cache.acquire(prompt_of(70, 500), 70));
}

/// What would be copied lies in the last page that can be had.
TEST(KvPages, ASourceWhosePlaceIsNeededIsTakenOverAsItIs) {
  KvPages cache(2);
  const auto a = cache.acquire(prompt_of(100), 100);
  cache.release(*a);
  auto other = prompt_of(100);
  other[80] = 999;
  const auto b = cache.acquire(other, 100);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->shared_tokens, 80);
  EXPECT_EQ(b->source, -1);
  EXPECT_EQ(b->pages, a->pages);
  cache.release(*b);
  const auto again = cache.acquire(prompt_of(100), 100);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->shared_tokens, 80) << "what stood behind is gone";
}

TEST(KvPages, TheLastPromptTokenIsNeverShared) {
  KvPages cache(16);
  const auto a = cache.acquire(prompt_of(128), 130);
  const auto b = cache.acquire(prompt_of(128), 130);
  const auto c = cache.acquire(prompt_of(129), 130);
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ(b->shared_tokens, 127);
  EXPECT_EQ(c->shared_tokens, 128);
  EXPECT_EQ(c->pages[1], a->pages[1]);
  EXPECT_NE(b->pages[1], a->pages[1]);
}

TEST(KvPages, TheSameTokensElsewhereAreNotShared) {
  KvPages cache(16);
  const auto a = cache.acquire(prompt_of(130), 130);
  auto shifted = prompt_of(64, 500);
  const auto tail = prompt_of(66, 64);  // the tokens of a's second page, under another first page
  shifted.insert(shifted.end(), tail.begin(), tail.end());
  const auto b = cache.acquire(shifted, 130);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(b->shared_tokens, 0);
}

TEST(KvPages, ReleasedPromptsStayUntilTheirPlaceIsNeeded) {
  KvPages cache(4);
  const auto a = cache.acquire(prompt_of(150), 150);
  cache.release(*a);
  EXPECT_EQ(cache.pages_in_use(), 0);
  const auto again = cache.acquire(prompt_of(150), 150);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->shared_tokens, 149);
  cache.release(*again);

  const auto b = cache.acquire(prompt_of(100, 1000), 180);  // three pages: two free, one evicted
  ASSERT_TRUE(b);
  cache.release(*b);
  const auto rest = cache.acquire(prompt_of(150), 150);
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->shared_tokens, 64) << "the leaf goes before its parent";
}

TEST(KvPages, RefusesWhatDoesNotFitAndKeepsNothingOfIt) {
  KvPages cache(4);
  const auto a = cache.acquire(prompt_of(100), 128);
  ASSERT_TRUE(a);
  EXPECT_FALSE(cache.acquire(prompt_of(100), 128 + 65 + 64));  // shares one page, needs four more
  EXPECT_EQ(cache.pages_in_use(), 2);
  EXPECT_TRUE(cache.acquire(prompt_of(100), 128 + 64));  // shares one page, needs two more
  EXPECT_FALSE(cache.acquire(prompt_of(1, 9), 1));
}

TEST(KvPages, DoubleReleaseIsFound) {
  KvPages cache(2);
  const auto a = cache.acquire(prompt_of(3), 3);
  cache.release(*a);
  EXPECT_THROW(cache.release(*a), InternalError);
}

TEST(KvPages, PathsJoinNeighbouringPages) {
  const KvPages::Lease lease{{4, 5, 2, 3}};
  std::vector<KvSegment> segments;
  EXPECT_EQ(append_path(lease, 70, segments), 1);
  EXPECT_EQ(segments[0].slot, 256);
  EXPECT_EQ(segments[0].length, 71);
  EXPECT_EQ(append_path(lease, 200, segments), 2);
  EXPECT_EQ(segments[1].length, 128);
  EXPECT_EQ(segments[2].slot, 128);
  EXPECT_EQ(segments[2].position, 128);
  EXPECT_EQ(segments[2].length, 73);
  EXPECT_EQ(slot_of(lease, 130), 130);
}

/// Many random leases: no page has two owners unless both have the same prompt up to its end.
TEST(KvPages, RandomLeasesNeverOverlapWrongly) {
  std::mt19937 random(7);
  KvPages cache(24);
  std::vector<std::pair<std::vector<std::int32_t>, KvPages::Lease>> live;
  int refused = 0, shared = 0;
  for (int round = 0; round < 5000; ++round) {
    if (!live.empty() && random() % 2 == 0) {
      const std::size_t i = random() % live.size();
      cache.release(live[i].second);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    std::vector<std::int32_t> prompt(1 + random() % 400);
    for (std::size_t i = 0; i < prompt.size(); ++i) {
      prompt[i] = i % 64 == 10 ? static_cast<std::int32_t>(random() % 2) : 5;
    }
    auto lease = cache.acquire(prompt, static_cast<std::int32_t>(prompt.size() + random() % 100));
    if (!lease) {
      ++refused;
      continue;
    }
    if (random() % 2 == 0) cache.release_source(*lease);
    shared += lease->shared_tokens / 64;
    for (const auto& [other, its] : live) {
      for (std::size_t p = 0; p < lease->pages.size(); ++p) {
        const auto at = std::find(its.pages.begin(), its.pages.end(), lease->pages[p]);
        if (at == its.pages.end()) continue;
        const std::size_t end = (p + 1) * 64;
        ASSERT_EQ(at - its.pages.begin(), static_cast<std::ptrdiff_t>(p));
        ASSERT_LT(p, static_cast<std::size_t>(lease->shared_tokens / 64));
        ASSERT_TRUE(other.size() >= end &&
                    std::equal(other.begin(), other.begin() + end, prompt.begin()));
      }
    }
    live.emplace_back(prompt, *lease);
  }
  for (const auto& [prompt, lease] : live) cache.release(lease);
  EXPECT_EQ(cache.pages_in_use(), 0);
  EXPECT_GT(refused, 100);
  EXPECT_GT(shared, 100);
}

}  // namespace
}  // namespace flm
