// Generation through the engine, and draws, on a device where one is, else on the emulation.
#include <cmath>

#include "engine/generation/generator.h"
#include "engine/tokenizer.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

/// Every rule of the sampler on random logits, coarse ones among them so that ties are met: the ids
/// that the host draws.
TEST(CudaSampling, DrawsTheHostsIds) {
  FLM_NEED_DEVICE();
  constexpr std::int32_t kWidth = 700, kVocab = 650, kRows = 24;
  std::mt19937 random(11);
  std::vector<float> logits(kWidth * kRows);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const float x = static_cast<float>(random() % 4096) / 256 - 8;
    logits[i] = i / kWidth % 3 == 0 ? std::floor(x) : x * (i / kWidth % 5 == 0 ? 0.01f : 1.0f);
  }
  std::vector<Sampling> rules;
  for (double temperature : {0.0, 0.7, 1.0})
    for (int top_k : {0, 1, 40, 300, 5000})
      for (double top_p : {1.0, 0.9, 0.2})
        for (double penalty : {1.0, 1.3, 0.8})
          rules.push_back({temperature, top_k, top_p, penalty, 77, 2});
  const auto backend = cuda_backend(true);
  Buffer memory = backend->allocate(static_cast<std::int64_t>(logits.size() * sizeof(float)));
  backend->upload(logits.data(), static_cast<std::int64_t>(logits.size()), memory.get());
  const std::vector<std::int32_t> history = {3, 3, 649, 650, 699, 31, 32, 64, 100, 5};
  int differ = 0;
  for (std::size_t first = 0; first < rules.size(); first += kRows) {
    const std::size_t count = std::min<std::size_t>(kRows, rules.size() - first);
    std::vector<SampleQuery> queries;
    for (std::size_t i = 0; i < count; ++i)
      queries.push_back(
          {&rules[first + i], kVocab, history, 1234 + i, static_cast<std::uint32_t>(i)});
    std::vector<SampledToken> tokens(count);
    backend->sample(memory.get(), kWidth, queries, tokens.data());
    for (std::size_t i = 0; i < count; ++i) {
      const std::span<const float> row = std::span(logits).subspan(i * kWidth, kWidth);
      const std::int32_t expected = sample_token(row, queries[i]);
      EXPECT_EQ(tokens[i].id, expected) << "rule " << first + i;
      EXPECT_EQ(tokens[i].logprob, row[static_cast<std::size_t>(expected)]);
      differ += expected != std::max_element(row.begin(), row.begin() + kVocab) - row.begin();
    }
  }
  EXPECT_GT(differ, 30) << "most draws took the likeliest: the rules were not met";
}

TEST(CudaGeneration, Bf16TokensScoreTheSame) {
  FLM_NEED_NANO();
  FLM_NEED_DEVICE();
  const auto engine = open_cuda(nano(), Precision::kBf16);
  const auto requests = some_requests(engine->info().vocab_rows);
  const auto results = generate_all(*engine, nano(), requests);
  std::vector<ScoreRequest> again;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto prompt = static_cast<std::int32_t>(requests[i].prompt.size());
    again.push_back({requests[i].prompt, prompt, 0});
    again.back().tokens.insert(again.back().tokens.end(), results[i].tokens.begin(),
                               results[i].tokens.end());
  }
  const auto scored = score_all(*engine, again);
  for (std::size_t i = 0; i < requests.size(); ++i)
    EXPECT_EQ(results[i].logprobs, scored[i].logprobs) << i;
}

}  // namespace
}  // namespace flm::test
