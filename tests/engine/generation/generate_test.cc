// Generation through the engine: greedy tokens of the references, and log-probabilities equal to
// scoring's.
#include <map>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

std::vector<GenerateRequest> greedy_requests(const Json& reference) {
  std::vector<GenerateRequest> requests;
  for (const Json& greedy : reference["greedy"]) {
    GenerateRequest request;
    request.prompt = greedy["prompt"].get<std::vector<std::int32_t>>();
    request.max_new_tokens = static_cast<int>(greedy["ids"].size());
    requests.push_back(request);
  }
  return requests;
}

class Generation : public ::testing::TestWithParam<std::string> {};

TEST_P(Generation, GreedyTokensAreTheReferencesAndScoreTheSame) {
  FLM_NEED_SHARED();
  const Json reference = read_json_file(checkpoint(GetParam()) + "/reference.json");
  const std::string folder = GetParam() == "teleflm-mup" ? checkpoint(GetParam()) + "/safetensors"
                                                         : checkpoint(GetParam());
  const std::vector<GenerateRequest> requests = greedy_requests(reference);
  for (int ranks : {1, 2}) {
    if (ranks == 2 && GetParam() != "teleflm-mup") continue;
    const auto engine = open_engine(folder, 2, 0, ranks);
    const std::vector<GenerateResult> results = generate_all(*engine, folder, requests);
    std::vector<ScoreRequest> again;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      EXPECT_EQ(results[i].tokens, reference["greedy"][i]["ids"].get<std::vector<std::int32_t>>());
      again.push_back(
          {requests[i].prompt, static_cast<std::int32_t>(requests[i].prompt.size()), 0});
      again.back().tokens.insert(again.back().tokens.end(), results[i].tokens.begin(),
                                 results[i].tokens.end());
    }
    const std::vector<ScoreResult> scored = score_all(*engine, again);
    for (std::size_t i = 0; i < requests.size(); ++i)
      EXPECT_EQ(results[i].logprobs, scored[i].logprobs);
    EXPECT_GT(engine->counters().generated_tokens, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Generation,
                         ::testing::Values("teleflm-mup", "teleflm-nomup", "llama-gqa-tied",
                                           "llama-bias", "llama-rope-linear"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace flm::test
