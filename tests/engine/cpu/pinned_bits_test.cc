// The bits that stand behind the names "flm-cpu-1/fp32" and "flm-cpu-3/bf16", held by digests that
// were written down on 2026-11-28 and 2026-11-30. Every other test of bits compares the engine with
// itself, so that a changed order of summation would pass them all while stores go on to serve
// older answers. A digest here moves only together with the name of the numerics.
#include "base/sha256.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/kernels.h"
#include "engine/parallel/communicator.h"
#include "tests/engine/fixture.h"
#include "tests/engine/seeded_weights.h"

namespace flm::test {
namespace {

/// Query heads share keys (3 a group); q 768 wide over a hidden size of 800 (no multiple of a
/// chain of 128); k of the MLP's last product is 1,700: several passes, in bf16 four chains.
ModelConfig wide_config() {
  ModelConfig config;
  config.model_type = "llama";
  config.layers = 2;
  config.hidden = 800;
  config.intermediate = 1700;
  config.heads = 12;
  config.kv_heads = 4;
  config.head_dim = 64;
  config.vocab_rows = 301;
  config.max_positions = config.rope.original_max_position = 2048;
  config.norm_eps = 1e-5;
  config.qkv_bias = true;
  config.embedding_scale = 1.5f;
  config.residual_scale = 0.75f;
  config.attention_scale = 0.125f;
  config.logit_scale = 0.5f;
  return config;
}

struct Pinned {
  const char* name;
  DType stored;
  bool bf16_operands;
  const char* digest;
};
constexpr Pinned kPinned[] = {
    {"Fp32OfFp32Weights", DType::kF32, false, "2d57640838c7a3a2"},
    {"Fp32OfBf16Weights", DType::kBF16, false, "7a91979f68f320f1"},
    {"Bf16OfFp32Weights", DType::kF32, true, "187195715f4d23dd"},
    {"Bf16OfBf16Weights", DType::kBF16, true, "40f215339549996a"},
};

/// Shared stems and forks, head rows of all positions and of the last ones alone, top k; then
/// logits of a prompt and of a decoding step.
std::string digest(Model& model, std::int32_t vocab) {
  std::vector<ScoreRequest> requests;
  const std::vector<std::int32_t> stem = random_ids(140, vocab, 1);
  for (std::uint32_t tail : {1u, 2u, 9u}) {
    std::vector<std::int32_t> tokens = stem;
    for (std::int32_t id : random_ids(tail, vocab, 10 + tail)) tokens.push_back(id);
    requests.push_back({tokens, static_cast<std::int32_t>(stem.size()) - 1, 2});
  }
  std::vector<ScoreRequest> whole = {{random_ids(66, vocab, 2), 1, 0},
                                     {{stem.begin(), stem.begin() + 40}, 1, 3}};
  Sha256 hash;
  const auto add = [&](const auto& values) {
    hash.update(values.data(), values.size() * sizeof(values[0]));
  };
  for (const auto& list : {requests, whole})
    for (const ScoreResult& result : score_on(model, list)) {
      add(result.logprobs);
      add(result.argmax);
      for (const auto& top : result.top)
        for (const auto& [id, logprob] : top) {
          add(std::vector<std::int32_t>{id});
          add(std::vector<float>{logprob});
        }
    }
  const auto storage = model.make_kv_storage(128);
  PackedBatch prompt;
  prompt.segments = {{0, 0, 65}};
  for (std::int32_t p = 0; p < 65; ++p) {
    prompt.ids.push_back(stem[static_cast<std::size_t>(p)]);
    prompt.positions.push_back(p);
    prompt.slots.push_back(p);
    prompt.path_begin.push_back(0);
    prompt.path_count.push_back(1);
  }
  prompt.head_rows = {64};
  add(model.forward(prompt, *storage));
  const PackedBatch step{{stem[65]}, {65}, {65}, {0}, {1}, {{0, 0, 66}}, {0}};
  const std::vector<float>& logits = model.forward(step, *storage);
  add(logits);
  add(std::vector<float>{model.log_sum_exp(logits)});
  return hash.hex().substr(0, 16);
}

class PinnedCpuBits : public ::testing::TestWithParam<Pinned> {};

TEST_P(PinnedCpuBits, OfEveryInstructionSet) {
  const ModelConfig config = wide_config();
  const auto weights = std::make_shared<SeededWeights>(config, GetParam().stored);
  const auto communicator = make_single_communicator();
  for (const std::string& isa : available_isas()) {
    const auto model = Model::create(config, weights, *communicator,
                                     make_cpu_backend(2, isa, GetParam().bf16_operands));
    EXPECT_EQ(digest(*model, config.vocab_rows), GetParam().digest) << isa;
  }
}

INSTANTIATE_TEST_SUITE_P(Numerics, PinnedCpuBits, ::testing::ValuesIn(kPinned),
                         [](const auto& pinned) { return pinned.param.name; });

/// They are the C library's pow, whose bits hang on the processor: glibc's are these on aarch64 and
/// on x86-64 with fused multiply-add; without, one of theta 500,000 and head size 128 is another.
TEST(PinnedRotaryFrequencies, OfTheUsualBasesAndHeads) {
  Sha256 hash;
  for (double theta : {1e4, 1.6e5, 5e5, 1e6, 5e6, 8e6, 1e7})
    for (int dims : {64, 80, 96, 128, 256}) {
      ModelConfig config;
      config.rope_theta = theta;
      config.head_dim = dims;
      const std::vector<double> frequencies = rotary_frequencies(config, Rotation::kMain).inv_freq;
      hash.update(frequencies.data(), frequencies.size() * sizeof(double));
    }
  EXPECT_EQ(hash.hex().substr(0, 16), "616925166843d2bb");
}

}  // namespace
}  // namespace flm::test
