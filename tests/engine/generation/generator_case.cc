#include "tests/engine/generation/generator_case.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "engine/generation/sequence.h"
#include "engine/numerics/random_stream.h"

namespace flm {

GenerateRequest ask(std::vector<std::int32_t> prompt, int max_new_tokens,
                    const std::vector<std::string>& stop, const Sampling& sampling) {
  return {std::move(prompt), max_new_tokens, stop, {}, sampling};
}

Results run(ToyModel& model, const std::vector<GenerateRequest>& requests,
            const GeneratorLimits& limits, GeneratorCounters* counters) {
  Results results;
  std::size_t committed = 0;
  std::int32_t commits = 0;
  const std::int32_t before = model.forwards;
  const bool complete = run_generation(
      model, requests, ToyTokenizer(), limits,
      [&](std::size_t index, GenerateResult&& result) {
        EXPECT_TRUE(results.emplace(index, std::move(result)).second) << index << " came twice";
      },
      [&] {
        ++commits;
        committed = results.size();
      },
      kGoOn, counters);
  EXPECT_TRUE(complete);
  EXPECT_EQ(committed, requests.size());
  EXPECT_GE(commits, model.forwards - before) << "after every step";
  return results;
}

GenerateResult expected_result(const GenerateRequest& request, int max_length) {
  const ToyTokenizer tokenizer;
  const ToyModel model;
  GenerateResult result;
  std::vector<std::int32_t> tokens = request.prompt;
  while (result.finish_reason.empty()) {
    std::uint64_t hash = 1;
    for (std::int32_t id : tokens) hash = extend_path(hash, id);
    const std::vector<float> logits = toy_logits(hash);
    const std::int32_t id =
        sample_token(logits, kToyVocabulary, request.sampling, tokens, hash_prompt(request.prompt),
                     static_cast<std::uint32_t>(result.tokens.size()));
    tokens.push_back(id);
    result.tokens.push_back(id);
    result.logprobs.push_back(logits[id] - model.log_sum_exp(logits));
    result.text = tokenizer.decode(result.tokens, true);
    const std::size_t whole = result.text.size();
    for (const auto& stop : request.stop)
      result.text = result.text.substr(0, result.text.find(stop));
    const bool stopped = result.text.size() < whole;
    if (stopped || std::count(request.stop_ids.begin(), request.stop_ids.end(), id) > 0) {
      result.finish_reason = "stop";
    } else if (static_cast<int>(result.tokens.size()) == request.max_new_tokens ||
               static_cast<int>(tokens.size()) == max_length) {
      result.finish_reason = "length";
    }
  }
  return result;
}

void expect_same(const GenerateResult& actual, const GenerateResult& expected, std::size_t index) {
  EXPECT_EQ(actual.tokens, expected.tokens) << "request " << index;
  EXPECT_EQ(actual.logprobs, expected.logprobs) << "request " << index;
  EXPECT_EQ(actual.text, expected.text) << "request " << index;
  EXPECT_EQ(actual.finish_reason, expected.finish_reason) << "request " << index;
}

std::vector<GenerateRequest> mixed_requests() {
  std::mt19937 random(11);
  std::vector<std::int32_t> base(330);
  for (auto& id : base) id = 10 + static_cast<std::int32_t>(random() % 60);
  std::vector<GenerateRequest> requests;
  for (std::size_t kept : {0, 1, 63, 64, 65, 127, 128, 129, 191, 192, 193, 256, 300, 320}) {
    for (std::size_t added : {0, 1, 2, 64, 70}) {
      if (kept + added == 0) continue;
      GenerateRequest request;
      request.prompt.assign(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(kept));
      for (std::size_t i = 0; i < added; ++i) request.prompt.push_back(10 + (random() % 3));
      request.max_new_tokens = 1 + static_cast<int>(random() % 90);
      if (random() % 2) request.stop = {"AB", "e", "Q:"};
      if (random() % 2) request.stop_ids = {kToyEos};
      if (random() % 2)
        request.sampling = {0.7, static_cast<int>(random() % 3) * 20, 0.9, 1.2, random(), 0};
      requests.push_back(request);
    }
  }
  for (std::uint32_t repeat = 0; repeat < 6; ++repeat) {
    requests.push_back(ask(base, 40, {}, {.temperature = 1, .repeat = repeat}));
  }
  return requests;
}

std::int64_t rows_of_inputs(const std::vector<std::vector<std::int32_t>>& inputs) {
  std::set<std::vector<std::int32_t>> prefixes, whole;
  std::int64_t repeats = 0;
  for (const auto& tokens : inputs) {
    for (std::size_t n = 1; n <= tokens.size(); ++n)
      prefixes.emplace(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(n));
    repeats += !whole.insert(tokens).second;
  }
  return static_cast<std::int64_t>(prefixes.size()) + repeats;
}

std::vector<std::vector<std::int32_t>> prompts_of(const std::vector<GenerateRequest>& requests) {
  std::vector<std::vector<std::int32_t>> prompts;
  for (const GenerateRequest& request : requests) prompts.push_back(request.prompt);
  return prompts;
}

}  // namespace flm
