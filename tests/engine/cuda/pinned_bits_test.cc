// The bits of whole passes under the emulation, held by digests that were written down before the
// row-wise kernels took vectors, rotated queries on their way and left bf16 operands: a change of
// kernels that is said to keep bits keeps these. A change of the contract moves a column of the
// table, and the name of the numerics with it: those of bf16 are of flm-cuda-3, from the commit
// that changed attention's exponential alone.
#include "base/sha256.h"
#include "tests/engine/cuda/cuda_fixture.h"
#include "tests/engine/seeded_weights.h"

namespace flm::test {
namespace {

struct PinnedShape {
  const char* name;
  int hidden, intermediate, heads, kv_heads, head_dim, vocab;
  bool biases;
  const char* fp32;  // the CPU backend's, too
  const char* bf16;  // of flm-cuda-3; "": heads that bf16 does not take
};

/// Widths that are no multiples of 4 or of 2, every instance of attention's head, groups of 1 to
/// 16.
constexpr PinnedShape kShapes[] = {
    {"d8", 32, 44, 4, 4, 8, 97, false, "dc01921e130affb4", "2a3921d4c5e93f3e"},
    {"d8g16", 36, 52, 16, 1, 8, 101, true, "cbee5d4e5d3dc5df", "e7812a4ef8484cea"},
    {"d10odd", 33, 45, 3, 3, 10, 99, true, "8815d41c2e1cb844", ""},
    {"d16", 64, 172, 4, 4, 16, 128, false, "e73d223aad01bce2", "f689bd1a5af8c4de"},
    {"d24odd", 33, 45, 4, 2, 24, 99, false, "d600d73d57290a7c", "5fb2ab7690858333"},
    {"d64g3", 50, 70, 3, 1, 64, 102, true, "c9fcc6dd1852032b", "438952fa746ad0be"},
    {"d80", 40, 61, 2, 1, 80, 100, false, "cb4829309546d73a", "f9dff89c080a4ccd"},
    {"d96", 48, 64, 1, 1, 96, 96, false, "93535668bd113e3f", "f5a9e1371ebfe705"},
    {"d128g2", 64, 90, 4, 2, 128, 103, true, "0a7e5b9487e0b0b6", "2d299606d7974619"},
    {"d256", 30, 41, 2, 1, 256, 98, false, "e9cd6589d58d4e69", "11d775b0ab5950d2"},
};

ModelConfig config_of(const PinnedShape& shape) {
  ModelConfig config;
  config.model_type = "llama";
  config.layers = 2;
  config.hidden = shape.hidden;
  config.intermediate = shape.intermediate;
  config.heads = shape.heads;
  config.kv_heads = shape.kv_heads;
  config.head_dim = shape.head_dim;
  config.vocab_rows = shape.vocab;
  config.max_positions = config.rope.original_max_position = 2048;
  config.norm_eps = 1e-5;
  config.qkv_bias = config.o_bias = config.mlp_bias = shape.biases;
  config.embedding_scale = 1.5f;
  config.residual_scale = 0.75f;
  config.attention_scale = 0.25f;
  config.logit_scale = 0.5f;
  return config;
}

/// A stem of three pages, and branches behind one to three of them, one step for all: logits
/// [branches, vocabulary] of two such steps.
std::vector<float> branches_behind_a_stem(Model& model, std::int32_t vocab) {
  constexpr std::int32_t kStem = 192, kBranches = 6;
  const auto storage = model.make_kv_storage(576);
  const auto ids = random_ids(kStem + 2 * kBranches, vocab, 21);
  PackedBatch stem;
  stem.segments = {{0, 0, kStem}};
  for (std::int32_t p = 0; p < kStem; ++p) {
    stem.ids.push_back(ids[static_cast<std::size_t>(p)]);
    stem.positions.push_back(p);
    stem.slots.push_back(p);
    stem.path_begin.push_back(0);
    stem.path_count.push_back(1);
  }
  (void)model.forward(stem, *storage);
  std::vector<float> all;
  for (std::int32_t step = 0; step < 2; ++step) {
    PackedBatch ends;
    for (std::int32_t b = 0; b < kBranches; ++b) {
      const std::int32_t taken = 64 * (1 + b % 3), own = kStem + 64 * b;
      ends.ids.push_back(ids[static_cast<std::size_t>(kStem + 2 * b + step)]);
      ends.positions.push_back(taken + step);
      ends.slots.push_back(own + step);
      ends.path_begin.push_back(2 * b);
      ends.path_count.push_back(2);
      ends.segments.push_back({0, 0, taken});
      ends.segments.push_back({own, taken, step + 1});
      ends.head_rows.push_back(b);
    }
    const std::vector<float>& logits = model.forward(ends, *storage);
    all.insert(all.end(), logits.begin(), logits.end());
  }
  return all;
}

/// Scored with forks, few head rows and many; decoded one row a step by graphs; and branches.
std::string digest(const PinnedShape& shape, int device, bool bf16) {
  const ModelConfig config = config_of(shape);
  const auto communicator = make_single_communicator();
  const auto model = Model::create(config, std::make_shared<SeededWeights>(config), *communicator,
                                   device < 0 ? make_cpu_backend(1, "", bf16) : cuda_backend(bf16));
  EngineInfo info;
  info.max_length = 2048;
  info.vocab_rows = shape.vocab;
  const std::vector<ScoreRequest> requests = few_requests(info);
  const auto whole = requests.begin() + 3;  // those before end in a few scored tokens
  std::vector<ScoreResult> results = score_on(*model, {requests.begin(), whole});
  for (ScoreResult& result : score_on(*model, {whole, requests.end()}))
    results.push_back(std::move(result));
  Sha256 hash;
  const auto add = [&](const std::vector<float>& values) {
    hash.update(values.data(), values.size() * sizeof(float));
  };
  for (const ScoreResult& result : results) {
    add(result.logprobs);
    for (const auto& top : result.top)
      for (const auto& [id, logprob] : top) add({static_cast<float>(id), logprob});
  }
  add(decode(*model, random_ids(76, shape.vocab, 3), 66));
  add(branches_behind_a_stem(*model, shape.vocab));
  return hash.hex().substr(0, 16);
}

class PinnedBits : public ::testing::TestWithParam<PinnedShape> {};

TEST_P(PinnedBits, Fp32) {
  EXPECT_EQ(digest(GetParam(), 0, false), GetParam().fp32);
  EXPECT_EQ(digest(GetParam(), -1, false), GetParam().fp32) << "the CPU backend";
}

TEST_P(PinnedBits, Bf16) {
  if (*GetParam().bf16 == 0)
    EXPECT_THROW(digest(GetParam(), 0, true), UserError);
  else
    EXPECT_EQ(digest(GetParam(), 0, true), GetParam().bf16);
}

INSTANTIATE_TEST_SUITE_P(Shapes, PinnedBits, ::testing::ValuesIn(kShapes),
                         [](const auto& shape) { return shape.param.name; });

}  // namespace
}  // namespace flm::test
