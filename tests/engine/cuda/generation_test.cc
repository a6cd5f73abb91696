// Generation through the engine, and draws, on a device where one is, else on the emulation.
#include <cmath>
#include <limits>

#include "engine/generation/generator.h"
#include "engine/tokenizer.h"
#include "tests/engine/cuda/cuda_fixture.h"
#include "tests/engine/overflowing_weights.h"

namespace flm::test {
namespace {

/// Those without a penalty first: a step of theirs alone has no history.
std::vector<Sampling> every_rule() {
  std::vector<Sampling> rules;
  for (double penalty : {1.0, 1.3, 0.8})
    for (double temperature : {0.0, 0.7, 1.0})
      for (int top_k : {0, 1, 40, 300, 5000})
        for (double top_p : {1.0, 0.9, 0.2})
          rules.push_back({temperature, top_k, top_p, penalty, 77, 2});
  return rules;
}

/// Every rule of the sampler on random logits, coarse ones among them so that ties are met: the ids
/// that the host draws.
void expect_the_hosts_ids(std::int32_t width, std::int32_t vocab, std::size_t rows) {
  const auto wide = static_cast<std::size_t>(width);
  std::mt19937 random(11);
  std::vector<float> logits(wide * rows);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const float x = static_cast<float>(random() % 4096) / 256 - 8;
    logits[i] = i / wide % 3 == 0 ? std::floor(x) : x * (i / wide % 5 == 0 ? 0.01f : 1.0f);
  }
  const std::vector<Sampling> rules = every_rule();
  const auto backend = cuda_backend(true);
  Buffer memory = backend->allocate(static_cast<std::int64_t>(logits.size() * sizeof(float)));
  backend->upload(logits.data(), static_cast<std::int64_t>(logits.size()), memory.get());
  const std::vector<std::int32_t> history = {3, 3, vocab - 1, vocab, width - 1, 31, 32, 64, 100, 5};
  int differ = 0;
  for (std::size_t first = 0; first < rules.size(); first += rows) {
    const std::size_t count = std::min(rows, rules.size() - first);
    std::vector<SampleQuery> queries;
    for (std::size_t i = 0; i < count; ++i)
      queries.push_back(
          {&rules[first + i], vocab, history, 1234 + i, static_cast<std::uint32_t>(i)});
    std::vector<SampledToken> tokens(count);
    backend->sample(memory.get(), width, queries, tokens.data());
    for (std::size_t i = 0; i < count; ++i) {
      const std::span<const float> row = std::span(logits).subspan(i * wide, wide);
      const std::int32_t expected = sample_token(row, queries[i]);
      EXPECT_EQ(tokens[i].id, expected) << "rule " << first + i;
      EXPECT_EQ(tokens[i].logprob, row[static_cast<std::size_t>(expected)]);
      differ += expected != std::max_element(row.begin(), row.begin() + vocab) - row.begin();
    }
  }
  EXPECT_GT(differ, 30) << "most draws took the likeliest: the rules were not met";
}

TEST(CudaSampling, DrawsTheHostsIds) {
  FLM_NEED_DEVICE();
  expect_the_hosts_ids(700, 650, 24);
  expect_the_hosts_ids(3300, 3201, 45);  // several chunks of the chain, several ids a thread
  expect_the_hosts_ids(520, 512, 135);   // one chunk, to its end
}

/// A draw from logits that are no numbers means nothing, but it is one, and the others' are as
/// ever.
TEST(CudaSampling, ARowThatIsNotFiniteHurtsNoOther) {
  FLM_NEED_DEVICE();
  constexpr std::int32_t kWidth = 400, kRows = 6;
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  std::vector<float> logits(kWidth * kRows);
  for (std::size_t i = 0; i < logits.size(); ++i)
    logits[i] = static_cast<float>(i * 7919 % 1000) / 100;
  std::fill_n(logits.begin(), kWidth, nan);
  logits[kWidth] = logits[2 * kWidth + 200] = logits[4 * kWidth - 1] = nan;
  logits[4 * kWidth + 3] = inf;
  const auto backend = cuda_backend(true);
  Buffer memory = backend->allocate(static_cast<std::int64_t>(logits.size() * sizeof(float)));
  backend->upload(logits.data(), static_cast<std::int64_t>(logits.size()), memory.get());
  for (double temperature : {0.0, 0.7})
    for (int top_k : {0, 1, 40, 300})
      for (double top_p : {1.0, 0.9}) {
        const Sampling rule{temperature, top_k, top_p, 1.2, 77, 2};
        const std::vector<std::int32_t> history = {3, 7};
        const std::vector<SampleQuery> queries(kRows, {&rule, kWidth, history, 1234, 5});
        std::vector<SampledToken> tokens(kRows);
        backend->sample(memory.get(), kWidth, queries, tokens.data());
        for (const SampledToken& token : tokens) {
          EXPECT_GE(token.id, 0);
          EXPECT_LT(token.id, kWidth);
        }
        const std::span<const float> sound = std::span(logits).last(kWidth);
        EXPECT_EQ(tokens.back().id, sample_token(sound, queries.back()));
      }
}

TEST(CudaGeneration, ARowThatOverflowsEndsItsRequestAlone) {
  FLM_NEED_DEVICE();
  const ModelConfig config = OverflowingWeights::config();
  FLM_NEED_NANO();
  const auto communicator = make_single_communicator();
  const auto tokenizer = Tokenizer::open({nano(), AddBos::kAuto});
  const auto model =
      cuda_model(config, std::make_shared<OverflowingWeights>(config), *communicator, true);
  std::vector<GenerateRequest> requests(3);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[i].prompt = {20, 21, 22, 30 + static_cast<std::int32_t>(i)};
    requests[i].max_new_tokens = 3;
  }
  requests[1].prompt.push_back(OverflowingWeights::kToken);
  requests[2].sampling = {.temperature = 1, .top_k = 5, .top_p = 0.9};
  std::vector<GenerateResult> results(requests.size());
  const std::atomic<bool> stop = false;
  EXPECT_TRUE(run_generation(
      *model, requests, *tokenizer, {.kv_slots = 1024, .max_length = 100},
      [&](std::size_t i, GenerateResult&& result) { results[i] = std::move(result); }, [] {}, stop,
      nullptr));
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].error.empty(), i != 1) << results[i].error;
    EXPECT_EQ(results[i].tokens.size(), i == 1 ? 0u : 3u);
  }
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
