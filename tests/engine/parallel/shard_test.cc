#include "engine/parallel/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/errors.h"

namespace flm {
namespace {

ModelConfig shape(int heads, int kv_heads) {
  ModelConfig config;
  config.hidden = 96;
  config.intermediate = 200;
  config.heads = heads;
  config.kv_heads = kv_heads;
  config.head_dim = 8;
  config.vocab_rows = 1000;
  return config;
}

TEST(PartOf, CoversAllInOrderInWholeUnits) {
  for (const std::int64_t count : {1, 7, 16, 330, 21824})
    for (const int ranks : {1, 2, 3, 8, 12})
      for (const std::int64_t unit : {1, 16, 256}) {
        std::int64_t next = 0;
        for (int rank = 0; rank < ranks; ++rank) {
          const Range part = part_of(count, rank, ranks, unit);
          EXPECT_EQ(part.begin, next);
          EXPECT_GE(part.size(), 0);
          EXPECT_LE(part.size(), (count / unit / ranks + 1) * unit) << count << " " << ranks;
          EXPECT_TRUE(part.end == count || part.end % unit == 0);
          next = part.end;
        }
        EXPECT_EQ(next, count);
      }
}

/// Each rank's query heads read the key/value heads that they read on one rank: local head h of
/// them reads local head h / (heads / kv_heads).
TEST(ShardPlan, QueryHeadsStayWithTheirKeyHeads) {
  for (const auto& [heads, kv_heads] :
       std::vector<std::pair<int, int>>{{12, 12}, {12, 4}, {12, 1}, {8, 2}, {64, 8}, {15, 5}}) {
    const ModelConfig config = shape(heads, kv_heads);
    for (int ranks = 1; ranks <= heads; ++ranks) {
      std::int64_t next = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const ShardPlan plan(config, rank, ranks);
        const std::string where = std::to_string(heads) + "/" + std::to_string(kv_heads) +
                                  " rank " + std::to_string(rank) + " of " + std::to_string(ranks);
        ASSERT_EQ(plan.heads.begin, next) << where;
        ASSERT_GT(plan.heads.size(), 0) << where;
        ASSERT_EQ(plan.heads.size() % plan.kv_heads.size(), 0) << where;
        const std::int64_t local_group = plan.heads.size() / plan.kv_heads.size();
        for (std::int64_t h = 0; h < plan.heads.size(); ++h)
          ASSERT_EQ((plan.heads.begin + h) / (heads / kv_heads),
                    plan.kv_heads.begin + h / local_group)
              << where;
        next = plan.heads.end;
      }
      ASSERT_EQ(next, heads);
    }
  }
}

/// Side by side and all of them, however many ranks share a head.
TEST(ShardPlan, EachKeyHeadIsToldByOneOfItsRanks) {
  for (const auto& [heads, kv_heads] :
       std::vector<std::pair<int, int>>{{12, 12}, {12, 4}, {12, 1}, {15, 5}}) {
    const ModelConfig config = shape(heads, kv_heads);
    for (int ranks = 1; ranks <= heads; ++ranks) {
      std::int64_t next = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const ShardPlan plan(config, rank, ranks);
        ASSERT_EQ(plan.kv_told.begin, next) << kv_heads << " rank " << rank << " of " << ranks;
        if (plan.kv_told.size() > 0) {
          ASSERT_EQ(plan.kv_told.begin, plan.kv.begin);
        }
        next = plan.kv_told.end;
      }
      ASSERT_EQ(next, kv_heads * config.head_dim);
    }
  }
}

TEST(ShardPlan, TheVocabularyIsCutBetweenBlocks) {
  for (int ranks = 1; ranks <= 8; ++ranks)
    for (const Range& part : vocabulary_parts(1000, ranks))
      EXPECT_TRUE(part.begin % kLogitBlock == 0 || part.begin == 1000) << ranks;
}

TEST(ShardPlan, TheWidestIsNoSmallerThanAny) {
  const ModelConfig config = shape(12, 4);
  for (int ranks = 1; ranks <= 12; ++ranks) {
    const ShardPlan widest = widest_shard(config, ranks);
    for (int rank = 0; rank < ranks; ++rank) {
      const ShardPlan plan(config, rank, ranks);
      for (Range ShardPlan::*axis : {&ShardPlan::heads, &ShardPlan::kv, &ShardPlan::hidden,
                                     &ShardPlan::intermediate, &ShardPlan::vocab})
        EXPECT_LE((plan.*axis).size(), (widest.*axis).size());
    }
  }
}

TEST(CheckRanks, NamesWhatCannotBeCut) {
  EXPECT_NO_THROW(check_ranks(shape(12, 4), 12));
  for (const int ranks : {0, 13}) {
    try {
      check_ranks(shape(12, 4), ranks);
      ADD_FAILURE() << ranks;
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("12 heads: use 1 to 12"));
    }
  }
}

}  // namespace
}  // namespace flm
