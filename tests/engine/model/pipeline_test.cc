// Layers over several devices have the bits of one, for any number of stages and of batches on
// their way.
#include "engine/model/pipeline.h"

#include "engine/cpu/cpu_backend.h"
#include "tests/engine/parallel/rank_bits.h"

namespace flm::test {
namespace {

class PipelineBits : public ::testing::TestWithParam<bool> {};

TEST_P(PipelineBits, OfAnyCountAreThoseOfOne) {
  std::size_t compared = 0;
  for (RankShape shape : rank_shapes()) {
    shape.layers = 5;
    compared += expect_bits_of_one_stage(
        shape, {1, 2, 3, 4, 5}, [&] { return make_cpu_backend(1, "", GetParam()); },
        rank_requests(shape.vocab, {1, 2, 17, 65}));
  }
  EXPECT_GE(compared, 10'000u) << "log-probabilities";
}

INSTANTIATE_TEST_SUITE_P(Types, PipelineBits, ::testing::Values(false, true),
                         [](const auto& bf16) { return bf16.param ? "bf16" : "fp32"; });

std::vector<std::unique_ptr<Model>> two_stages(const RankShape& shape) {
  const ModelConfig config = config_of(shape);
  std::vector<std::unique_ptr<Backend>> backends;
  for (int stage = 0; stage < 2; ++stage) backends.push_back(make_cpu_backend(1, ""));
  return make_pipeline(config, std::make_shared<SeededWeights>(config, DType::kBF16),
                       std::move(backends));
}

TEST(Pipeline, GivesABatchUpBetweenTwoStages) {
  const RankShape shape = rank_shapes().front();
  const auto models = two_stages(shape);
  const std::vector<ScoreRequest> requests = rank_requests(shape.vocab);
  const PrefixTrie trie(requests);
  const ScoringBatch batch = pack(trie, {0, trie.nodes(), 0}, requests);
  std::vector<double> asked;
  PassControl control;
  control.go_on = [&](double done) {
    asked.push_back(done);
    return done < 0.5;
  };
  EXPECT_FALSE(models[0]->score(batch.rows, batch.queries, control).has_value());
  EXPECT_EQ(asked, (std::vector{0.0, 0.5})) << "shares of all layers, whoever has them";
  EXPECT_TRUE(models[1]->score(batch.rows, batch.queries, {}).has_value());
}

/// An error in one stage leaves the stages to the next batch.
TEST(Pipeline, GoesOnBehindAnError) {
  const RankShape shape = rank_shapes().front();
  const auto models = two_stages(shape);
  const std::vector<ScoreRequest> requests = rank_requests(shape.vocab);
  const PrefixTrie trie(requests);
  const ScoringBatch batch = pack(trie, {0, trie.nodes(), 0}, requests);
  ScoringBatch wrong = batch;
  wrong.rows.slots[0] = 5;
  EXPECT_THROW((void)models[0]->score(wrong.rows, wrong.queries, {}), InternalError);
  EXPECT_TRUE(models[0]->score(batch.rows, batch.queries, {}).has_value());
}

/// Layers of so many stages. In units of 2 * hidden a layer of the shape costs q + 2 kv + q + 3
/// times the MLP's width = 4 * 32 + 3 * 64 = 320, the head the vocabulary's rows.
std::vector<int> layers_of_stages(int layers, int head_in_layers, int stages) {
  const ModelConfig config = config_of({.name = "stages",
                                        .hidden = 32,
                                        .intermediate = 64,
                                        .vocab = 320 * head_in_layers,
                                        .layers = layers});
  std::vector<int> counts;
  std::int64_t at = 0;
  for (const Range& stage : stages_of(config, stages)) {
    EXPECT_EQ(stage.begin, at);
    at = stage.end;
    counts.push_back(static_cast<int>(stage.size()));
  }
  EXPECT_EQ(at, layers);
  return counts;
}

TEST(Pipeline, TheHeadCountsAsTheLayersThatItCosts) {
  using Counts = std::vector<int>;
  EXPECT_EQ(layers_of_stages(8, 1, 1), Counts({8}));
  EXPECT_EQ(layers_of_stages(8, 2, 2), Counts({5, 3})) << "5 and 3 + 2, not 4 and 4 + 2";
  EXPECT_EQ(layers_of_stages(9, 1, 2), Counts({5, 4})) << "5 and 4 + 1";
  EXPECT_EQ(layers_of_stages(8, 1, 2), Counts({4, 4})) << "as long as 5 and 3 + 1: the evener";
  EXPECT_EQ(layers_of_stages(12, 2, 4), Counts({3, 3, 4, 2})) << "4 at most, not 3 + 2";
  EXPECT_EQ(layers_of_stages(5, 20, 2), Counts({4, 1})) << "no stage is without layers";
  EXPECT_EQ(layers_of_stages(4, 3, 4), Counts({1, 1, 1, 1}));
  // The 52B model's head costs 0.8 of a layer: 8 and 7 layers would leave 9 elsewhere.
  const ModelConfig large = config_of({.name = "52B",
                                       .heads = 64,
                                       .kv_heads = 64,
                                       .head_dim = 128,
                                       .hidden = 8192,
                                       .intermediate = 21824,
                                       .vocab = 80000,
                                       .layers = 64});
  for (const Range& stage : stages_of(large, 8)) EXPECT_EQ(stage.size(), 8);
}

TEST(Pipeline, MoreStagesThanLayersAreRefused) {
  const ModelConfig config = config_of(rank_shapes().front());
  EXPECT_NO_THROW(check_stages(config, 2));
  try {
    check_stages(config, 3);
    ADD_FAILURE();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("has 2 layers"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace flm::test
