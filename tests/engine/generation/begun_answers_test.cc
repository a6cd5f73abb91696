// Answers that an earlier run has begun.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/engine/generation/generator_case.h"

namespace flm {
namespace {

/// Whatever an answer was cut at: the stop strings reach over the cut, the draws go on counting,
/// the penalty remembers.
TEST(Generator, WhatIsBegunGoesOnAsIfItHadNeverStopped) {
  const std::vector<GenerateRequest> requests = mixed_requests();
  std::mt19937 random(17);
  const GeneratorLimits limits{.kv_slots = 4096, .max_batch = 16, .max_length = 400};
  std::vector<GenerateRequest> cut;
  std::vector<GenerateResult> expected;
  std::int64_t missing = 0;
  for (const GenerateRequest& request : requests) {
    expected.push_back(expected_result(request, 400));
    GenerateRequest lower = request;
    lower.max_new_tokens = 1 + static_cast<int>(random() % expected.back().tokens.size());
    cut.push_back(request);
    const GenerateResult begun = expected_result(lower, 400);
    if (begun.finish_reason == "length") cut.back().begun = begun;
    missing +=
        static_cast<std::int64_t>(expected.back().tokens.size() - cut.back().begun.tokens.size());
  }
  ToyModel model;
  GeneratorCounters counters;
  const Results results = run(model, cut, limits, &counters);
  for (const auto& [i, result] : results) expect_same(result, expected[i], i);
  EXPECT_EQ(counters.generated_tokens, missing);
}

TEST(Generator, StopStringsReachOverTheCutOfWhatIsBegun) {
  const GenerateRequest request = ask({20, 21}, 30);
  ToyModel model;
  const GeneratorLimits limits{.kv_slots = 4096, .max_length = 100};
  const GenerateResult whole = run(model, {request}, limits).at(0);
  int met = 0;
  for (std::size_t at = 1; at < 29; ++at) {
    const std::span<const std::int32_t> tokens = whole.tokens;
    const ToyTokenizer tokenizer;
    GenerateRequest more = request;
    more.begun = whole;
    more.begun.tokens.resize(at);
    more.begun.logprobs.resize(at);
    const std::string before = tokenizer.decode(tokens.first(at), true),
                      after = tokenizer.decode(tokens.first(at + 1), true);
    if (before.empty() || after.size() <= before.size() || !after.starts_with(before)) continue;
    if (static_cast<unsigned char>(before.back()) >= 0x80) continue;  // a part of a character
    more.stop = {before.back() + after.substr(before.size())};        // over the cut
    GenerateRequest fresh = more;
    fresh.begun = {};
    const GenerateResult expected = expected_result(fresh, 100);
    if (expected.tokens.size() <= at) continue;  // it was met before the cut
    expect_same(run(model, {more}, limits).at(0), expected, at);
    EXPECT_EQ(expected.finish_reason, "stop");
    ++met;
  }
  EXPECT_GT(met, 10);
}

TEST(Generator, WhatIsBegunToTheLimitComputesNothing) {
  const GenerateRequest request = ask({20, 21}, 30);
  ToyModel model;
  const GeneratorLimits limits{.kv_slots = 4096, .max_length = 100};
  const GenerateResult whole = run(model, {request}, limits).at(0);
  const std::int32_t forwards = model.forwards;
  for (const int most : {1, 29, 30}) {
    GenerateRequest lower = request;
    lower.max_new_tokens = most;
    GenerateRequest begun = lower;
    begun.begun = whole;
    expect_same(run(model, {begun}, limits).at(0), expected_result(lower, 100), 0);
  }
  GenerateRequest in_context = request;  // of 20: the context ends it
  in_context.begun = whole;
  expect_same(run(model, {in_context}, {.kv_slots = 64, .max_length = 20}).at(0),
              expected_result(request, 20), 0);
  EXPECT_EQ(model.forwards, forwards) << "no step";
}

}  // namespace
}  // namespace flm
