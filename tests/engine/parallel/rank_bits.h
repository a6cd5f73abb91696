// Models over several ranks against one: what a test of any backend runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/errors.h"
#include "engine/backend/backend.h"
#include "engine/model/pipeline.h"
#include "engine/model/rank_group.h"
#include "engine/parallel/communicator.h"
#include "tests/engine/fixture.h"
#include "tests/engine/seeded_weights.h"

namespace flm::test {

struct RankShape {
  std::string name;
  int heads = 4, kv_heads = 4, head_dim = 8, hidden = 48, intermediate = 100, vocab = 700;
  bool biases = false, tied = false;
  int layers = 2;
  HeadNorm head_norm = HeadNorm::kNone;
};

inline ModelConfig config_of(const RankShape& shape) {
  ModelConfig config;
  config.hidden = shape.hidden;
  config.layers = shape.layers;
  config.heads = shape.heads;
  config.kv_heads = shape.kv_heads;
  config.head_dim = shape.head_dim;
  config.intermediate = shape.intermediate;
  config.vocab_rows = shape.vocab;
  config.max_positions = 256;
  config.attention_scale = 0.35f;
  config.residual_scale = 0.75f;
  config.qkv_bias = config.o_bias = config.mlp_bias = shape.biases;
  config.tied = shape.tied;
  config.block.head_norm = shape.head_norm;
  return config;
}

/// GQA, MHA, one key head for all, biases, odd widths, norms of whole rows of heads; ranks that
/// share a key head.
inline std::vector<RankShape> rank_shapes() {
  return {{.name = "mha", .heads = 12, .kv_heads = 12, .head_dim = 16, .hidden = 96},
          {.name = "gqa", .heads = 12, .kv_heads = 4, .head_dim = 16, .hidden = 192},
          {.name = "mqa", .heads = 8, .kv_heads = 1, .biases = true},
          {.name = "odd",
           .heads = 9,
           .kv_heads = 3,
           .hidden = 75,
           .intermediate = 131,
           .vocab = 1283,
           .biases = true,
           .tied = true},
          {.name = "normed",
           .heads = 12,
           .kv_heads = 4,
           .hidden = 75,
           .head_norm = HeadNorm::kWholeProjection}};
}

using MakeBackend = std::function<std::unique_ptr<Backend>()>;

inline std::unique_ptr<Model> ranks_of(const RankShape& shape, int ranks, const MakeBackend& make,
                                       bool streamed = false) {
  const ModelConfig config = config_of(shape);
  std::vector<std::unique_ptr<Backend>> backends;
  for (int rank = 0; rank < ranks; ++rank) backends.push_back(make());
  return make_rank_group(config, std::make_shared<SeededWeights>(config, DType::kBF16),
                         std::move(backends), {.stream_weights = streamed});
}

inline std::vector<ScoreRequest> rank_requests(int vocab,
                                               const std::vector<std::uint32_t>& lengths = {
                                                   1, 2, 17, 64, 65, 130}) {
  std::vector<ScoreRequest> requests;
  for (const std::uint32_t length : lengths)
    requests.push_back({random_ids(length + 1, vocab, length), 1, length % 2 == 0 ? 3 : 0});
  std::vector<std::int32_t> branch = requests.back().tokens;
  branch.resize(branch.size() - 5);
  branch.push_back(7);
  requests.push_back({branch, static_cast<std::int32_t>(branch.size()) - 2, 0});
  return requests;
}

/// Greedy and drawn tokens of a prompt, and the logits of the last step.
struct Decoded {
  std::vector<SampledToken> tokens;
  std::vector<float> logits;
  bool operator==(const Decoded& other) const {
    const auto bits = [](float x) { return std::bit_cast<std::uint32_t>(x); };
    return logits == other.logits && tokens.size() == other.tokens.size() &&
           std::equal(tokens.begin(), tokens.end(), other.tokens.begin(),
                      [&](const SampledToken& a, const SampledToken& b) {
                        return a.id == b.id && bits(a.logprob) == bits(b.logprob) &&
                               bits(a.log_sum_exp) == bits(b.log_sum_exp);
                      });
  }
};

inline Decoded decode_some(Model& model, int vocab) {
  const auto storage = model.make_kv_storage(128);
  std::vector<std::int32_t> history = random_ids(67, vocab, 9);
  Sampling greedy, drawn;
  drawn.temperature = 1.1;
  drawn.top_k = 40;
  Decoded decoded;
  std::int32_t begin = 0;
  for (std::uint32_t step = 0; step < 6; ++step) {
    PackedBatch batch;
    const auto end = static_cast<std::int32_t>(history.size());
    for (std::int32_t at = 0; at < end; at += 64)
      batch.segments.push_back({at, at, std::min(64, end - at)});
    for (std::int32_t p = begin; p < end; ++p) {
      batch.ids.push_back(history[static_cast<std::size_t>(p)]);
      batch.positions.push_back(p);
      batch.slots.push_back(p);
      batch.path_begin.push_back(0);
      batch.path_count.push_back(static_cast<std::int32_t>(batch.segments.size()));
    }
    batch.head_rows = {end - 1 - begin};
    const SampleQuery query{step % 2 == 0 ? &greedy : &drawn, vocab, history, 77, step};
    decoded.tokens.push_back(model.sample(batch, *storage, {&query, 1}).at(0));
    begin = end;
    history.push_back(decoded.tokens.back().id);
    if (step == 5) decoded.logits = model.forward(batch, *storage);
  }
  return decoded;
}

/// As many models as stages, each with a batch and a text of its own on the way at the same time.
/// Returns how many log-probabilities were compared.
inline std::size_t expect_bits_of_one_stage(const RankShape& shape, const std::vector<int>& stages,
                                            const MakeBackend& make,
                                            const std::vector<ScoreRequest>& requests) {
  const auto one = ranks_of(shape, 1, make);
  const std::vector<ScoreResult> expected = score_on(*one, requests);
  const Decoded decoded = decode_some(*one, shape.vocab);
  const ModelConfig config = config_of(shape);
  const auto table = std::make_shared<SeededWeights>(config, DType::kBF16);
  std::size_t compared = 0;
  for (const int count : stages)
    for (const bool streamed : {false, true}) {
      SCOPED_TRACE(shape.name + " over " + std::to_string(count) + " stages" +
                   (streamed ? ", streamed" : ""));
      std::vector<std::unique_ptr<Backend>> backends;
      for (int stage = 0; stage < count; ++stage) backends.push_back(make());
      const auto models =
          make_pipeline(config, table, std::move(backends), {.stream_weights = streamed});
      FLM_CHECK(models.size() == static_cast<std::size_t>(count), "a model for each stage");
      models.front()->load_weights();
      std::vector<int> different(models.size(), -1);
      std::vector<int> decoded_alike(models.size(), 0);
      std::vector<std::thread> threads;
      for (std::size_t m = 0; m < models.size(); ++m)
        threads.emplace_back([&, m] {
          different[m] = differences(expected, score_on(*models[m], requests)) +
                         differences(expected, score_on(*models[m], requests));
          decoded_alike[m] = decode_some(*models[m], shape.vocab) == decoded;
        });
      for (std::thread& thread : threads) thread.join();
      EXPECT_EQ(different, std::vector<int>(models.size(), 0));
      EXPECT_EQ(decoded_alike, std::vector<int>(models.size(), 1));
      compared += 2 * models.size() * log_probabilities(expected);
    }
  return compared;
}

/// Returns how many log-probabilities were compared.
inline std::size_t expect_bits_of_one_rank(const RankShape& shape, const std::vector<int>& ranks,
                                           const MakeBackend& make,
                                           const std::vector<ScoreRequest>& requests) {
  const auto one = ranks_of(shape, 1, make);
  const std::vector<ScoreResult> expected = score_on(*one, requests);
  const Decoded decoded = decode_some(*one, shape.vocab);
  std::size_t compared = 0;
  for (const int count : ranks) {
    if (count > shape.heads) continue;
    compared += 2 * log_probabilities(expected);
    SCOPED_TRACE(shape.name + " over " + std::to_string(count) + " ranks");
    const auto group = ranks_of(shape, count, make);
    EXPECT_EQ(differences(expected, score_on(*group, requests)), 0);
    EXPECT_TRUE(decoded == decode_some(*group, shape.vocab));
    EXPECT_EQ(differences(expected, score_on(*ranks_of(shape, count, make, true), requests)), 0)
        << "streamed";
  }
  return compared;
}

}  // namespace flm::test
