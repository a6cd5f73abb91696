// What prompts have in common is computed once.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/generation/kv_pages.h"
#include "engine/generation/sequence.h"
#include "tests/engine/generation/generator_case.h"

namespace flm {
namespace {

TEST(Generator, ACommonPrefixIsComputedOnce) {
  for (const std::int32_t header : {1, 62, 63, 64, 318, 640, 650}) {
    std::vector<GenerateRequest> requests(50);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      requests[i].prompt.assign(static_cast<std::size_t>(header), 33);
      requests[i].prompt.push_back(static_cast<std::int32_t>(10 + i));
      requests[i].prompt.insert(requests[i].prompt.end(), 60, 21);
      requests[i].max_new_tokens = 1;
    }
    const std::int32_t pages = KvPages::pages_for(header + 61);  // the fewest that hold one
    for (std::int32_t kv_slots : {64 * pages, 64 * (pages + 1), 64 * 200})
      for (std::int32_t max_batch : {1, 8, 64}) {
        ToyModel model;
        GeneratorCounters counters;
        run(model, requests,
            {.kv_slots = kv_slots, .max_batch = max_batch, .max_length = 1000, .max_rows = 100},
            &counters);
        EXPECT_EQ(counters.rows_computed, header + 50 * 61) << max_batch << " of " << kv_slots;
        EXPECT_EQ(counters.generated_tokens, 50);
      }
  }
}

TEST(Generator, OfEqualPromptsTheLastRowAloneRunsAgain) {
  std::vector<GenerateRequest> requests;
  for (std::uint32_t repeat = 0; repeat < 5; ++repeat)
    requests.push_back(
        ask(std::vector<std::int32_t>(150, 33), 1, {}, {.temperature = 1, .repeat = repeat}));
  ToyModel model;
  run(model, requests, {.kv_slots = 4096, .max_length = 200});
  EXPECT_EQ(model.rows, 150 + 4);
  EXPECT_EQ(model.forwards, 1) << "what is copied is computed in the same batch";
}

/// Few distinct tokens, so that prompts branch anywhere, and no more memory than the longest needs.
TEST(Generator, RandomPromptsAreComputedOnceInAnyMemory) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    std::vector<GenerateRequest> requests;
    std::int32_t longest = 0;
    for (int i = 0; i < 40; ++i) {
      std::vector<std::int32_t> prompt;
      if (i > 0 && random() % 4 > 0) {  // goes on from a place of an earlier one
        prompt = requests[random() % requests.size()].prompt;
        prompt.resize(1 + random() % prompt.size());
      }
      const std::size_t more = (prompt.empty() ? 1 : 0) + random() % 90;
      for (std::size_t k = 0; k < more; ++k) prompt.push_back(10 + static_cast<int>(random() % 2));
      requests.push_back(ask(std::move(prompt), 1 + static_cast<int>(random() % 30)));
      longest = std::max(longest, KvPages::pages_for(positions_needed(requests.back(), 2000)));
    }
    const auto spare = static_cast<std::int32_t>(random() % 30);
    ToyModel model;
    const Results results = run(model, requests,
                                {.kv_slots = 64 * (longest + spare),
                                 .max_batch = 1 + static_cast<std::int32_t>(random() % 20),
                                 .max_length = 2000,
                                 .max_rows = 1 + static_cast<std::int32_t>(random() % 300)});
    std::int64_t decoded = 0;
    for (const auto& [i, result] : results) {
      expect_same(result, expected_result(requests[i], 2000), i);
      decoded += static_cast<std::int64_t>(result.tokens.size()) - 1;
    }
    ASSERT_EQ(model.rows, rows_of_inputs(prompts_of(requests)) + decoded) << "round " << round;
  }
}

}  // namespace
}  // namespace flm
