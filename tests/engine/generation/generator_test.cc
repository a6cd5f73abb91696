#include "engine/generation/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/engine/generation/generator_case.h"

namespace flm {
namespace {

TEST(Generator, ResultsDoNotDependOnBatchesOrderOrLimits) {
  std::vector<GenerateRequest> requests = mixed_requests();
  std::vector<GenerateResult> expected;
  for (const auto& request : requests) expected.push_back(expected_result(request, 400));
  const std::int64_t prompt_rows = rows_of_inputs(prompts_of(requests));
  std::vector<std::size_t> order(requests.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::mt19937 random(5);
  for (const GeneratorLimits& limits :
       {GeneratorLimits{1 << 16, 64, 400, 1024}, GeneratorLimits{448, 64, 400, 1024},
        GeneratorLimits{1100, 5, 400, 7}, GeneratorLimits{4000, 16, 400, 1},
        GeneratorLimits{2000, 1, 400, 100}, GeneratorLimits{1 << 14, 200, 400, 333}}) {
    std::shuffle(order.begin(), order.end(), random);
    std::vector<GenerateRequest> shuffled;
    for (std::size_t i : order) shuffled.push_back(requests[i]);
    ToyModel model;
    GeneratorCounters counters;
    const Results results = run(model, shuffled, limits, &counters);
    ASSERT_EQ(results.size(), requests.size());
    std::int64_t generated = 0;
    for (const auto& [i, result] : results) {
      expect_same(result, expected[order[i]], order[i]);
      generated += static_cast<std::int64_t>(result.tokens.size());
    }
    EXPECT_EQ(counters.rows_computed, model.rows);
    EXPECT_EQ(counters.generated_tokens, generated);
    // The last token of each is never an input.
    EXPECT_EQ(model.rows, prompt_rows + generated - static_cast<std::int64_t>(requests.size()));
    EXPECT_LE(model.most_rows, limits.max_rows);
    EXPECT_LE(model.most_heads, limits.max_batch);
    EXPECT_LE(model.storage_slots, limits.kv_slots);
  }
}

TEST(Generator, EachRequestAloneGivesTheSame) {
  std::vector<GenerateRequest> requests = mixed_requests();
  for (std::size_t i = 0; i < requests.size(); i += 7) {
    ToyModel model;
    const Results results = run(model, {requests[i]}, {.kv_slots = 448, .max_length = 400});
    expect_same(results.at(0), expected_result(requests[i], 400), i);
    EXPECT_LE(model.storage_slots, 448);
  }
}

TEST(Generator, RepeatsOfASampledPromptDiffer) {
  std::vector<GenerateRequest> requests;
  for (std::uint32_t repeat = 0; repeat < 3; ++repeat) {
    requests.push_back({{20, 21}, 10, {}, {}, {.temperature = 1, .repeat = repeat}});
  }
  ToyModel model;
  const Results results = run(model, requests, {.kv_slots = 4096, .max_length = 100});
  EXPECT_NE(results.at(0).tokens, results.at(1).tokens);
  EXPECT_NE(results.at(1).tokens, results.at(2).tokens);
}

TEST(Generator, FinishedRowsMakeRoomAtOnce) {
  std::vector<GenerateRequest> requests;
  for (int i = 0; i < 8; ++i) requests.push_back(ask({20, 30 + i}, i == 0 ? 28 : 4));
  ToyModel model;
  run(model, requests, {.kv_slots = 4096, .max_batch = 2, .max_length = 100});
  EXPECT_EQ(model.forwards, 28) << "seven short ones pass beside the long one";
}

TEST(Generator, ScarceSlotsStartFewerSequences) {
  std::vector<GenerateRequest> requests;
  for (int i = 0; i < 12; ++i) requests.push_back(ask({20, 30 + i}, 100));
  ToyModel model;
  run(model, requests, {.kv_slots = 6 * 64 + 63, .max_batch = 64, .max_length = 200});
  EXPECT_EQ(model.most_heads, 3) << "two pages each";
}

TEST(Generator, PromptAndOutputFillTheContextExactly) {
  const std::vector<GenerateRequest> requests{ask(std::vector<std::int32_t>(63, 20), 100)};
  for (int max_length : {64, 65, 70}) {
    ToyModel model;
    const Results results = run(model, requests, {.kv_slots = 128, .max_length = max_length});
    EXPECT_EQ(results.at(0).tokens.size(), static_cast<std::size_t>(max_length - 63));
    EXPECT_EQ(results.at(0).finish_reason, "length");
    EXPECT_EQ(model.rows, max_length - 1) << "the last token is never an input";
  }
}

/// As lm-evaluation-harness with hf: what is decoded leaves out special tokens and no other.
TEST(Generator, AStopIdIsTextWhereItIsNotSpecial) {
  GenerateRequest request = ask({20, 21}, 30);
  ToyModel model;
  const GeneratorLimits limits{.kv_slots = 4096, .max_length = 100};
  const GenerateResult whole = run(model, {request}, limits).at(0);
  ASSERT_EQ(whole.tokens.size(), 30u);
  request.stop_ids = {whole.tokens[4]};  // an ordinary token
  const std::size_t first =
      std::find(whole.tokens.begin(), whole.tokens.end(), whole.tokens[4]) - whole.tokens.begin();
  const GenerateResult cut = run(model, {request}, limits).at(0);
  EXPECT_EQ(cut.tokens.size(), first + 1);
  EXPECT_EQ(cut.logprobs.size(), first + 1);
  EXPECT_EQ(cut.text, ToyTokenizer().decode(std::span(whole.tokens).first(first + 1), true));
  EXPECT_EQ(cut.finish_reason, "stop");
}

TEST(Generator, LogprobsAreRawWhateverTheSampling) {
  GenerateRequest request = ask({20, 21}, 5);
  request.sampling = {.temperature = 3, .top_k = 4, .repetition_penalty = 1.5};
  ToyModel model;
  const GenerateResult result = run(model, {request}, {.kv_slots = 64, .max_length = 50}).at(0);
  std::uint64_t hash = extend_path(extend_path(1, 20), 21);
  for (std::size_t i = 0; i < result.tokens.size(); ++i) {
    const auto logits = toy_logits(hash);
    EXPECT_EQ(result.logprobs[i], logits[result.tokens[i]] - model.log_sum_exp(logits));
    EXPECT_LT(result.logprobs[i], -90) << "the softmax runs over all rows, padded ones too";
    hash = extend_path(hash, result.tokens[i]);
  }
}

TEST(Generator, StopEndsBetweenStepsWithTheFinishedDelivered) {
  std::vector<GenerateRequest> requests;
  for (int i = 0; i < 10; ++i) requests.push_back(ask({20, 30 + i}, 3 + i));
  ToyModel model;
  std::atomic<bool> stop{false};
  std::size_t delivered = 0;
  GeneratorCounters counters;
  const bool complete = run_generation(
      model, requests, ToyTokenizer(), {.kv_slots = 4096, .max_length = 100},
      [&](std::size_t, GenerateResult&&) { ++delivered; }, [&] { stop = delivered >= 4; }, stop,
      &counters);
  EXPECT_FALSE(complete);
  EXPECT_EQ(delivered, 4u);
  EXPECT_EQ(model.forwards, 6);
  EXPECT_EQ(counters.rows_computed, model.rows);
}

TEST(Generator, NoRequestsNoWork) {
  ToyModel model;
  EXPECT_TRUE(run(model, {}, {.kv_slots = 0, .max_length = 100}).empty());
  EXPECT_EQ(model.forwards, 0);
}

TEST(Generator, LogitsThatAreNotFiniteEndThatRequestAlone) {
  std::vector<GenerateRequest> requests;
  for (int i = 0; i < 6; ++i)
    requests.push_back(ask({20, 30 + i}, 9, {}, {.temperature = 0.5 * i}));
  const GenerateResult third = expected_result(requests[3], 50);
  ToyModel model;
  model.nan_after = third.tokens[4];
  const Results results =
      run(model, requests, {.kv_slots = 4096, .max_batch = 4, .max_length = 50});
  int ended = 0;
  for (const auto& [i, result] : results) {
    const GenerateResult expected = expected_result(requests[i], 50);
    const auto met = std::find(expected.tokens.begin(), expected.tokens.end() - 1, model.nan_after);
    if (met == expected.tokens.end() - 1) {
      EXPECT_EQ(result.error, "");
      expect_same(result, expected, i);
      continue;
    }
    ++ended;
    const auto before = static_cast<std::size_t>(met - expected.tokens.begin()) + 1;
    EXPECT_EQ(result.error, "generated token " + std::to_string(before) +
                                ": the logits are not finite (log-sum-exp nan); check the weights "
                                "with: flmeval model verify");
    EXPECT_EQ(result.finish_reason, "");
    EXPECT_EQ(result.tokens, std::vector(expected.tokens.begin(), met + 1));
    EXPECT_EQ(result.logprobs.size(), before);
  }
  EXPECT_GE(ended, 1);
  EXPECT_LT(ended, 6);
}

}  // namespace
}  // namespace flm
