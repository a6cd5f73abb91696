// Prompts that share any number of tokens are answered together with the bits of each scored alone,
// where nothing is copied: prefixes that end anywhere in a page of keys and values, and in a word.
#include <gtest/gtest.h>

#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

constexpr std::int32_t kVocab = 2112;
constexpr std::int32_t kMostShared = 131;  // two pages and a word beyond

std::unique_ptr<Engine> open_with(Precision precision) {
  static SilentProgress silent;
  EngineOptions options;
  options.model = nano();
  options.threads = 2;
  options.precision = precision;
  return Engine::open(options, silent);
}

/// For each number of shared tokens a prompt, one that goes on otherwise, and one that is its part.
std::vector<GenerateRequest> branching_prompts() {
  std::vector<GenerateRequest> requests;
  for (std::int32_t shared = 1; shared <= kMostShared; ++shared)
    for (const std::int32_t own : {5, 8, 0}) {
      const auto seed = static_cast<std::uint32_t>(shared);
      GenerateRequest request;
      request.prompt = random_ids(static_cast<std::size_t>(shared), kVocab, seed);
      for (std::int32_t id : random_ids(static_cast<std::size_t>(own), kVocab,
                                        1000 * seed + static_cast<std::uint32_t>(own)))
        request.prompt.push_back(id);
      request.max_new_tokens = 3;
      requests.push_back(std::move(request));
    }
  return requests;
}

ScoreRequest scoring_of(const GenerateRequest& request, const GenerateResult& result) {
  ScoreRequest scored{request.prompt, static_cast<std::int32_t>(request.prompt.size()), 0};
  scored.tokens.insert(scored.tokens.end(), result.tokens.begin(), result.tokens.end());
  return scored;
}

class SharedPrompts : public ::testing::TestWithParam<Precision> {};

TEST_P(SharedPrompts, AreAnsweredWithTheBitsOfEachAlone) {
  FLM_NEED_NANO();
  const std::vector<GenerateRequest> requests = branching_prompts();
  const auto engine = open_with(GetParam());
  const std::vector<GenerateResult> together = generate_all(*engine, nano(), requests);
  std::vector<ScoreRequest> scored;
  for (std::size_t i = 0; i < requests.size(); ++i)
    scored.push_back(scoring_of(requests[i], together[i]));
  const std::vector<ScoreResult> alone = score_all(*engine, scored);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    ASSERT_EQ(together[i].tokens.size(), 3u) << i;
    EXPECT_EQ(together[i].logprobs, alone[i].logprobs)
        << i / 3 + 1 << " shared, " << requests[i].prompt.size() << " in all";
  }
}

INSTANTIATE_TEST_SUITE_P(Cpu, SharedPrompts, ::testing::Values(Precision::kFp32, Precision::kBf16),
                         [](const auto& one) {
                           return one.param == Precision::kBf16 ? "Bf16" : "Fp32";
                         });

}  // namespace
}  // namespace flm::test
