// The arithmetic of many GPUs against figures that were worked out by hand
// (reference: docs/distributed.md), and the simulation of the dealing.
#include "engine/scaling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/errors.h"
#include "engine/cuda/cuda_heads.h"
#include "engine/local_models.h"
#include "engine/parallel/shard.h"
#include "engine/scaling/dealing.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

TEST(Cluster, IsReadFromOneWord) {
  EXPECT_EQ(parse_cluster("8xh100").gpus, 8);
  EXPECT_EQ(parse_cluster("8xh100").nodes, 1);
  EXPECT_EQ(parse_cluster("2x4xa100").nodes, 2);
  EXPECT_EQ(parse_cluster("2x4xa100").gpus, 4);
  for (const char* wrong : {"", "h100", "8x", "x8xh100", "0xh100", "8xb300", "1x2x3xh100",
                            "8 xh100", "-1xh100", "99999999999xh100"})
    EXPECT_THROW(parse_cluster(wrong), UserError) << wrong;
}

TEST(Dealing, EachBatchIsComputedOnceByWhoIsFreeNext) {
  const std::vector<DealtBatch> batches = {{4, 0, 0}, {3, 0, 0}, {2, 0, 0}, {2, 0, 0}, {1, 0, 0}};
  EXPECT_DOUBLE_EQ(simulate_dealing(batches, 1, 1).seconds, 12);
  EXPECT_DOUBLE_EQ(simulate_dealing(batches, 2, 2).seconds, 6);  // 4 + 2 | 3 + 2 + 1
  EXPECT_DOUBLE_EQ(simulate_dealing(batches, 5, 5).seconds, 4);
  EXPECT_DOUBLE_EQ(simulate_dealing(batches, 5, 5).busy, 12);
}

TEST(Dealing, WeightsComeBesideTheComputationAndRankZeroDealsOneAtATime) {
  const std::vector<DealtBatch> slow = {{1, 3, 0}, {5, 3, 0}};
  EXPECT_DOUBLE_EQ(simulate_dealing(slow, 1, 1).seconds, 8);
  const std::vector<DealtBatch> dealt(4, {1, 0, 0.5});
  EXPECT_DOUBLE_EQ(simulate_dealing(dealt, 4, 4).seconds, 1) << "on rank 0's own node";
  EXPECT_DOUBLE_EQ(simulate_dealing(dealt, 4, 1).seconds, 2.5) << "three are dealt";
}

/// Enough rows that nothing but the ways themselves differs: MMLU's 1.9 M are alike.
const ScalingPlan& plan_of_52b(const std::string& cluster) {
  static std::map<std::string, ScalingPlan> plans;
  const auto [it, first] = plans.try_emplace(cluster);
  if (first) {
    std::vector<ScoreRequest> requests;
    for (std::uint32_t i = 0; i < 1500; ++i) {
      std::vector<std::int32_t> tokens = random_ids(700, 1000, i);
      requests.push_back({tokens, 699, 0});
    }
    EngineOptions options;
    options.model = "synthetic:tele-flm-52b";
    it->second = plan_scaling(options, requests, parse_cluster(cluster));
  }
  return it->second;
}

const ScalingWay& way(const ScalingPlan& plan, const std::string& name) {
  for (const ScalingWay& one : plan.ways)
    if (one.name == name) return one;
  throw InternalError(name);
}

/// 52B on eight H100: 106 GB of weights, 13.2 + 3.2 GB a GPU where they are spread; scoring with
/// replicas loses a few per cent, layers over GPUs about a tenth, ranks about half.
TEST(Scaling, OfThe52BModelOnEightGpus) {
  const ScalingPlan& plan = plan_of_52b("8xh100");
  EXPECT_NEAR(static_cast<double>(plan.weight_bytes), 106e9, 1e9);
  EXPECT_FALSE(way(plan, "replicas").fits);
  EXPECT_NEAR(static_cast<double>(way(plan, "spread").gpu_bytes), 13.2e9 + 3.2e9 + 0.6e9, 0.8e9);
  EXPECT_EQ(plan.chosen, "spread");
  EXPECT_GT(way(plan, "spread").efficiency, 0.9);
  EXPECT_NEAR(way(plan, "ranks").efficiency, 0.54, 0.06);
  EXPECT_NEAR(way(plan, "layers").efficiency, 0.9, 0.07);
  EXPECT_NEAR(plan.read_seconds, 17.6, 0.5);
}

TEST(Scaling, TwoNodesAreNearlyTwice) {
  const double one = way(plan_of_52b("8xh100"), "spread").seconds,
               two = way(plan_of_52b("2x8xh100"), "spread").seconds;
  EXPECT_GT(one / two, 1.8);
  EXPECT_LE(one / two, 2.0);
}

TEST(Scaling, AnH200HoldsItWhole) {
  const ScalingPlan& plan = plan_of_52b("8xh200");
  EXPECT_TRUE(way(plan, "replicas").fits);
  EXPECT_EQ(plan.steps.size(), 11u);
  EXPECT_GT(plan.steps[0].seconds / plan.steps[3].seconds, 7);
}

/// What the program itself refuses is no way: more ranks than heads, more stages than layers.
TEST(Scaling, OffersNoMoreRanksThanHeadsNorStagesThanLayers) {
  EngineOptions options;
  options.model = "synthetic:tiny?layers=4";
  const std::vector<ScoreRequest> requests = {{random_ids(70, 300, 1), 69, 0}};
  const auto plan = [&](int gpus) { return plan_scaling(options, requests, {"h100", gpus, 1}); };
  EXPECT_TRUE(way(plan(4), "layers").fits);
  EXPECT_FALSE(way(plan(5), "layers").fits);
  EXPECT_EQ(way(plan(5), "layers").why, "the model has 4 layers for 5 GPUs");
  const auto heads = static_cast<int>(most_ranks(open_model_files(options).config));
  EXPECT_TRUE(way(plan(heads), "ranks").fits);
  EXPECT_EQ(way(plan(heads + 1), "ranks").why, "the model has " + std::to_string(heads) +
                                                   " query heads for " + std::to_string(heads + 1) +
                                                   " GPUs");
}

/// What the CUDA backend refuses is planned for nobody: bf16 wants heads of a multiple of 8
/// elements, and at most 16 query heads to a key head.
TEST(Scaling, RefusesHeadsThatTheBackendDoesNotTake) {
  ModelConfig config;
  (void)WeightTable::synthetic("synthetic:tiny", &config);
  EXPECT_EQ(untaken_cuda_heads(config, true), "");
  config.head_dim = 20;
  EXPECT_EQ(untaken_cuda_heads(config, false), "");
  EXPECT_THAT(untaken_cuda_heads(config, true), testing::EndsWith("this model's have 20"));
  config.head_dim = 264;
  EXPECT_THAT(untaken_cuda_heads(config, false), testing::EndsWith("this model's have 264"));
  config.head_dim = 16;
  config.heads = 17;
  config.kv_heads = 1;
  EXPECT_THAT(untaken_cuda_heads(config, true), testing::EndsWith("this model has 17"));
  const SmallCheckpoint small;  // heads of 4 elements
  small.write();
  EngineOptions options;
  options.model = small.folder.path();
  const std::vector<ScoreRequest> requests = {{random_ids(70, 100, 1), 69, 0}};
  try {
    (void)plan_scaling(options, requests, {"h100", 8, 1});
    ADD_FAILURE() << "planned";
  } catch (const UserError& error) {
    EXPECT_STREQ(
        error.what(),
        "--on reckons with GPUs in bf16, which take heads of at most 256 elements, in bf16 "
        "of a multiple of 8; this model's have 4; leave it out: h100");
  }
}

/// A job ends somewhere, and it is said where.
TEST(Scaling, NamesWhereItStops) {
  const ScalingPlan& plan = plan_of_52b("8xh100");
  EXPECT_THAT(plan.stops, testing::ContainsRegex("at [0-9]+ GPUs .* % are used: .+"));
  for (std::size_t i = 1; i < plan.steps.size(); ++i) {
    if (plan.steps[i - 1].seconds == 0) continue;
    EXPECT_LE(plan.steps[i].seconds, 1.1 * plan.steps[i - 1].seconds) << plan.steps[i].gpus;
  }
  EXPECT_LT(plan.steps.back().efficiency, 0.9);
}

}  // namespace
}  // namespace flm::test
