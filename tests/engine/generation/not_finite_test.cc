// One token whose row overflows: its request ends with an error, the others go on; on one rank and
// on two.
#include <gtest/gtest.h>

#include "engine/cpu/cpu_backend.h"
#include "engine/generation/generator.h"
#include "engine/model/rank_group.h"
#include "tests/engine/fixture.h"
#include "tests/engine/generation/toy_model.h"
#include "tests/engine/overflowing_weights.h"

namespace flm::test {
namespace {

std::unique_ptr<Model> model_of(const ModelConfig& config, int ranks) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (int rank = 0; rank < ranks; ++rank) backends.push_back(make_cpu_backend(1, ""));
  return make_rank_group(config, std::make_shared<OverflowingWeights>(config), std::move(backends),
                         {});
}

TEST(NotFinite, ARowThatOverflowsEndsItsRequestAlone) {
  const ModelConfig config = OverflowingWeights::config();
  const ToyTokenizer tokenizer;
  for (const int ranks : {1, 2}) {
    const auto model = model_of(config, ranks);
    std::vector<GenerateRequest> requests(4);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      requests[i].prompt = {20, 21, 22, 30 + static_cast<std::int32_t>(i)};
      requests[i].max_new_tokens = 3;
    }
    requests[2].prompt.push_back(OverflowingWeights::kToken);
    requests[3].sampling = {.temperature = 1, .top_k = 5, .top_p = 0.9};
    std::vector<GenerateResult> results(requests.size());
    const std::atomic<bool> stop = false;
    EXPECT_TRUE(run_generation(
        *model, requests, tokenizer, {.kv_slots = 1024, .max_length = 100},
        [&](std::size_t i, GenerateResult&& result) { results[i] = std::move(result); }, [] {},
        stop, nullptr));
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(results[i].error.empty(), i != 2) << results[i].error;
      EXPECT_EQ(results[i].tokens.size(), i == 2 ? 0u : 3u);
    }
    EXPECT_NE(results[2].error.find("generated token 0: the logits are not finite"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace flm::test
