// Layers over several devices have the bits of one, for any number of stages and of batches on
// their way.
#include "engine/model/pipeline.h"

#include "engine/cpu/cpu_backend.h"
#include "tests/engine/parallel/rank_bits.h"

namespace flm::test {
namespace {

class PipelineBits : public ::testing::TestWithParam<bool> {};

TEST_P(PipelineBits, OfAnyCountAreThoseOfOne) {
  for (RankShape shape : rank_shapes()) {
    shape.layers = 5;
    expect_bits_of_one_stage(
        shape, {1, 2, 3, 4, 5}, [&] { return make_cpu_backend(1, "", GetParam()); },
        rank_requests(shape.vocab, {1, 2, 17, 65}));
  }
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
