#include "engine/generation/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "engine/generation/kv_pages.h"
#include "engine/generation/sequence.h"
#include "engine/numerics/random_stream.h"
#include "tests/engine/generation/toy_model.h"

namespace flm {
namespace {

using Results = std::map<std::size_t, GenerateResult>;

const std::atomic<bool> kGoOn{false};

GenerateRequest ask(std::vector<std::int32_t> prompt, int max_new_tokens,
                    const std::vector<std::string>& stop = {}, const Sampling& sampling = {}) {
  return {std::move(prompt), max_new_tokens, stop, {}, sampling};
}

Results run(ToyModel& model, const std::vector<GenerateRequest>& requests,
            const GeneratorLimits& limits, GeneratorCounters* counters = nullptr) {
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

/// The same request on its own, without cache or batches: straight from the definition.
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
    std::size_t at = std::string::npos;
    for (const auto& stop : request.stop) at = std::min(at, result.text.find(stop));
    if (std::count(request.stop_ids.begin(), request.stop_ids.end(), id) > 0) {
      result.text =
          tokenizer.decode(std::span(result.tokens).first(result.tokens.size() - 1), true);
      result.finish_reason = "stop";
    } else if (at != std::string::npos) {
      result.text.resize(at);
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

/// Prompts with common prefixes of every length around the page borders, and all kinds of sampling.
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

/// Rows of inputs computed once each, and the last one of equal inputs once more for each.
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

TEST(Generator, TheStopIdIsListedButNotText) {
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
  EXPECT_EQ(cut.text, ToyTokenizer().decode(std::span(whole.tokens).first(first), true));
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

TEST(ToyModelItself, FindsACopyOfWhatIsNotThere) {
  ToyModel model;
  const auto storage = model.make_kv_storage(192);
  PackedBatch batch{{5, 6}, {0, 1}, {0, 1}, {0, 0}, {1, 1}, {{0, 0, 2}}, {1}};
  model.forward(batch, *storage);
  PackedBatch next{{7}, {2}, {66}, {0}, {1}, {{64, 0, 3}}, {0}, {{0, 64, 2}}};
  EXPECT_EQ(model.forward(next, *storage),
            toy_logits(extend_path(extend_path(extend_path(1, 5), 6), 7)));
  PackedBatch wrong{{7}, {2}, {130}, {0}, {1}, {{128, 0, 3}}, {0}, {{0, 128, 3}}};
  EXPECT_THROW(model.forward(wrong, *storage), std::runtime_error) << "the third is no one's";
}

TEST(ToyModelItself, FindsAWrongSlot) {
  ToyModel model;
  const auto storage = model.make_kv_storage(128);
  PackedBatch batch{{5, 6}, {0, 1}, {0, 1}, {0, 1}, {1, 1}, {{0, 0, 1}, {0, 0, 2}}, {1}};
  EXPECT_EQ(model.forward(batch, *storage), toy_logits(extend_path(extend_path(1, 5), 6)));
  PackedBatch next{{7}, {2}, {66}, {0}, {2}, {{64, 0, 2}, {66, 2, 1}}, {0}};
  EXPECT_THROW(model.forward(next, *storage), std::runtime_error) << "slots never written";
}

}  // namespace
}  // namespace flm
