// Generation through the engine on the emulated device: in fp32 the CPU's ids and
// log-probabilities, greedy and sampled.
#include "engine/tokenizer.h"
#include "tests/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

std::vector<GenerateResult> generate_all(Engine& engine, const std::string& folder,
                                         const std::vector<GenerateRequest>& requests) {
  const auto tokenizer = Tokenizer::open({folder, AddBos::kAuto});
  std::vector<GenerateResult> results(requests.size());
  const std::atomic<bool> stop = false;
  EXPECT_TRUE(engine.generate(
      requests, *tokenizer,
      [&](std::size_t i, GenerateResult&& result) { results.at(i) = std::move(result); }, [] {},
      stop));
  return results;
}

/// Two prompts that share a page of 64, a short one and a sampled one.
std::vector<GenerateRequest> some_requests(std::int32_t vocab) {
  std::vector<GenerateRequest> requests(4);
  for (GenerateRequest& request : requests) {
    request.prompt = random_ids(65, vocab, 9);
    request.max_new_tokens = 4;
  }
  requests[1].prompt.push_back(7);
  requests[2].prompt.resize(3);
  requests[3].sampling.temperature = 0.8;
  requests[3].sampling.top_p = 0.9;
  return requests;
}

TEST(CudaGeneration, Fp32GivesTheCpusIdsAndLogprobs) {
  FLM_NEED_SHARED();
  FLM_NEED_DEVICE();
  const auto cpu = open_engine(nano()), cuda = open_cuda(nano(), Precision::kFp32);
  const auto requests = some_requests(cpu->info().vocab_rows);
  const auto expected = generate_all(*cpu, nano(), requests);
  const auto found = generate_all(*cuda, nano(), requests);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(found[i].tokens, expected[i].tokens) << i;
    EXPECT_EQ(found[i].logprobs, expected[i].logprobs) << i;
  }
}

TEST(CudaGeneration, Bf16TokensScoreTheSame) {
  FLM_NEED_SHARED();
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
