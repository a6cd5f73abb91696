// What is planned is what is done: rows, and memory by what is asked and how it is stored.
#include "engine/engine_plan.h"

#include <gmock/gmock.h>

#include "base/errors.h"
#include "base/system/files.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/engine/fixture.h"
#include "tests/error_of.h"

namespace flm::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::int32_t> ids(std::size_t count) { return std::vector<std::int32_t>(count, 3); }

GenerateRequest ask(std::vector<std::int32_t> prompt, int max_new_tokens) {
  GenerateRequest request;
  request.prompt = std::move(prompt);
  request.max_new_tokens = max_new_tokens;
  return request;
}

std::unique_ptr<Engine> open(const std::string& folder, double gib, int threads = 2,
                             int max_length = 0, Precision precision = Precision::kFp32) {
  static SilentProgress silent;
  EngineOptions options;
  options.model = folder;
  options.device = "cpu";
  options.threads = threads;
  options.memory_gib = gib;
  options.max_length = max_length;
  options.precision = precision;
  return Engine::open(options, silent);
}

std::string refusal(const Engine& engine, std::size_t tokens) {
  return error_of([&] { (void)engine.plan(std::vector<ScoreRequest>{{ids(tokens), 1, 0}}); });
}

/// Thousands of threads take longer to start than a small run to compute.
TEST(EnginePlan, MoreThreadsThanServeAreRefusedAtOnce) {
  SmallCheckpoint model;
  const std::string folder = model.write();
  EXPECT_NO_THROW(open(folder, 4, 128));
  try {
    open(folder, 4, 100'000);
    FAIL() << "100,000 threads were started";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("--threads 100000; use 1 to "), std::string::npos)
        << error.what();
  }
}

TEST(EnginePlan, MemoryFollowsTheRequestsNotTheModelsContext) {
  const std::vector<ScoreRequest> scores = {{ids(9), 1, 0}};
  const std::vector<GenerateRequest> generations = {ask(ids(9), 4)};
  SmallCheckpoint base;
  const auto expected = open(base.write(), 4, 64);
  for (const std::int64_t context : {1010000, 2147483647}) {
    SmallCheckpoint model(Json{{"max_position_embeddings", context}});
    const auto engine = open(model.write(), 4, 64);
    EXPECT_EQ(engine->plan(scores).bytes_peak, expected->plan(scores).bytes_peak) << context;
    EXPECT_EQ(engine->plan(generations).bytes_peak, expected->plan(generations).bytes_peak);
    EXPECT_LT(engine->plan(scores).bytes_peak, 64 << 20);
  }
}

TEST(EnginePlan, ALongRequestTakesWhatItsPositionsTake) {
  SmallCheckpoint model(Json{{"max_position_embeddings", 2147483647}});
  const std::string folder = model.write();
  const auto of = [&](std::size_t tokens, int threads) {
    return open(folder, 8, threads)
        ->plan(std::vector<ScoreRequest>{{ids(tokens + 1), static_cast<std::int32_t>(tokens), 0}})
        .bytes_peak;
  };
  // Heads of 4: cosines and sines of 2 each; for each thread 4 keys, 16 columns of values and a
  // slot at least, of which 2 d + 16 is planned. A row is 2 hidden + q + 2 kv wide, 160 bytes
  // besides.
  const std::int64_t position = 4 * 4, gathered = 4 * (2 * 4 + 16),
                     row = 4 * (2 * 8 + 8 + 2 * 8) + 160;
  EXPECT_EQ(of(100000, 2) - of(50000, 2), 50000 * (position + 2 * gathered + row));
  EXPECT_EQ(of(100000, 3) - of(50000, 3), 50000 * (position + 3 * gathered + row));
}

/// Of one layer, 8 wide, and of the tiles of each thread: 24 words a position in fp32, in bf16 12
/// and one for the slot.
TEST(EnginePlan, KeysAndValuesOfBf16TakeHalf) {
  SmallCheckpoint model(Json{{"max_position_embeddings", 2147483647}});
  const std::string folder = model.write();
  const auto of = [&](std::size_t tokens, Precision precision) {
    return open(folder, 8, 2, 0, precision)
        ->plan(std::vector<GenerateRequest>{ask(ids(tokens), 1)})
        .bytes_peak;
  };
  const auto slope = [&](Precision precision) {
    return of(128'000, precision) - of(64'000, precision);
  };
  EXPECT_EQ(slope(Precision::kFp32) - slope(Precision::kBf16),
            64'000 * (2 * 8 * 1 * (4 - 2) + 2 * (24 - 13) * 4));
}

TEST(EnginePlan, AMatrixTakesWhatItIsPackedTo) {
  const std::vector<ScoreRequest> requests = {{ids(9), 1, 0}};
  const auto peak_with = [&](const std::vector<std::string>& in_fp32) {
    SmallCheckpoint model;
    for (const std::string& name : in_fp32) {
      SmallTensor& tensor = model.tensors.at(name);
      std::string wide;
      for (std::size_t i = 0; i < tensor.bytes.size(); i += 2)
        wide += std::string(2, '\0') + tensor.bytes.substr(i, 2);
      tensor.bytes = wide;
      tensor.dtype = "F32";
    }
    return open(model.write(), 4)->plan(requests).bytes_peak;
  };
  const std::int64_t bf16 = peak_with({});
  EXPECT_EQ(peak_with({"model.norm.weight"}), bf16) << "norms are widened anyway";
  // q, k and v are stacked: 24 rows in a panel of 32, 8 inputs in 4 bytes each instead of 2.
  const std::int64_t qkv = 32 * 8 * 2;
  EXPECT_EQ(peak_with({"model.layers.0.self_attn.k_proj.weight"}), bf16 + qkv);
  EXPECT_EQ(peak_with({"model.layers.0.self_attn.k_proj.weight", "lm_head.weight"}),
            bf16 + qkv + 32 * 8 * 2);
}

/// The number that follows `words`.
int number_after(const std::string& text, const std::string& words) {
  const std::size_t at = text.find(words);
  EXPECT_NE(at, std::string::npos) << text;
  return at == std::string::npos ? 0 : std::stoi(text.substr(at + words.size()));
}

TEST(EnginePlan, TheRemedyOfARefusalWorks) {
  SmallCheckpoint model(Json{{"max_position_embeddings", 1000000}});
  const std::string folder = model.write();
  constexpr double kGib = 0.04;
  const std::string said = refusal(*open(folder, kGib), 400000);
  EXPECT_THAT(said, HasSubstr("the longest request needs 399999 rows"));
  const int fits = number_after(said, "leave out what is longer with --max-length ");
  EXPECT_GT(fits, 10000);
  EXPECT_EQ(refusal(*open(folder, kGib, 2, fits), static_cast<std::size_t>(fits) + 1), "");
  const double more = std::stod(said.substr(said.find("raise --memory to ") + 18));
  EXPECT_EQ(refusal(*open(folder, more), 400000), "");
}

template <typename Request>
bool accepts(const Engine& engine, const std::vector<Request>& requests) {
  try {
    (void)engine.plan(requests);
    return true;
  } catch (const UserError&) {
    return false;
  }
}

/// Kept weights are several times what streamed ones hold.
std::string deep_model() {
  static SmallCheckpoint model(Json{{"max_position_embeddings", 1000000},
                                    {"hidden_size", 256},
                                    {"intermediate_size", 512},
                                    {"num_hidden_layers", 12}});
  static const std::string folder = model.write();
  return folder;
}

/// From a hundredth to 1.2 times what the requests take beside kept weights: where they are taken,
/// with more memory they are taken, too, and streamed weights take less than kept ones.
template <typename Request>
void sweep(const std::vector<Request>& requests) {
  const double ample = static_cast<double>(open(deep_model(), 8)->plan(requests).bytes_peak) /
                       (std::int64_t{1} << 30);
  int least = 0;
  for (int percent = 1; percent <= 120; ++percent) {
    const bool taken = accepts(*open(deep_model(), ample * percent / 100), requests);
    if (taken && least == 0) least = percent;
    EXPECT_EQ(taken, least > 0) << percent << " % refused, " << least << " % taken";
  }
  EXPECT_GT(least, 1);
  EXPECT_LT(least, 100);
}

TEST(EnginePlan, WhatIsTakenIsTakenWithMoreMemory) {
  for (const std::size_t tokens : {200, 5000, 20000}) {
    sweep(std::vector<ScoreRequest>{{ids(tokens), 1, 0}});
    sweep(std::vector<GenerateRequest>{ask(ids(tokens), 2000)});
  }
}

/// Hardly more memory than the longest of them needs.
double least_memory(const std::vector<GenerateRequest>& requests) {
  double gib = 0.01;
  while (!accepts(*open(nano(), gib), requests)) gib *= 1.02;
  return gib;
}

TEST(EnginePlan, WeightsThatWereKeptAreStreamedForALongerRequestWithTheSameBits) {
  FLM_NEED_NANO();
  const auto ample = open(nano(), 8);
  const std::int32_t vocab = ample->info().vocab_rows;
  const std::vector<ScoreRequest> few = {{random_ids(9, vocab, 1), 1, 0}};
  const std::vector<GenerateRequest> longer = {ask(random_ids(300, vocab, 2), 8)};
  const double gib = least_memory(longer);
  const auto tight = open(nano(), gib);
  EXPECT_THAT(ample->plan(longer).speed, Not(HasSubstr("come anew")));
  EXPECT_THAT(tight->plan(longer).speed, HasSubstr("come anew"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(score_all(*tight, few).front().logprobs, score_all(*ample, few).front().logprobs);
    EXPECT_EQ(generate_all(*tight, nano(), longer).front().logprobs,
              generate_all(*ample, nano(), longer).front().logprobs);
  }
}

/// A header of 318 tokens and tails, repeats, prompts that begin others, answers begun.
std::vector<GenerateRequest> generations(std::int32_t vocab) {
  std::vector<GenerateRequest> requests;
  for (std::uint32_t i = 0; i < 12; ++i) {
    std::vector<std::int32_t> prompt = random_ids(318, vocab, 1);
    for (std::int32_t id : random_ids(20 + i % 3, vocab, 10 + i)) prompt.push_back(id);
    requests.push_back(ask(std::move(prompt), 3 + static_cast<int>(i)));
  }
  requests.push_back(ask(random_ids(318, vocab, 1), 5));
  requests.push_back(ask(random_ids(100, vocab, 1), 5));
  for (std::uint32_t repeat = 0; repeat < 3; ++repeat) {
    requests.push_back(requests[2]);
    requests.back().sampling = {.temperature = 1, .repeat = repeat};
  }
  return requests;
}

TEST(EnginePlan, AGenerationComputesThePlannedRows) {
  FLM_NEED_NANO();
  const auto probe = open(nano(), 0);
  std::vector<GenerateRequest> requests = generations(probe->info().vocab_rows);
  const std::vector<GenerateResult> whole = generate_all(*probe, nano(), requests);
  for (const bool begun : {false, true}) {
    if (begun)
      for (std::size_t i = 0; i < requests.size(); i += 2) {
        requests[i].begun = whole[i];
        requests[i].max_new_tokens += 2;
      }
    for (const double gib : {0.0, least_memory(requests)}) {
      const auto engine = open(nano(), gib);
      const EnginePlan plan = engine->plan(requests);
      const std::vector<GenerateResult> results = generate_all(*engine, nano(), requests);
      std::int64_t missing = 0;  // tokens that no stop was there to spare
      for (std::size_t i = 0; i < requests.size(); ++i) {
        EXPECT_EQ(results[i].finish_reason, "length");
        EXPECT_EQ(results[i].tokens.size(), static_cast<std::size_t>(requests[i].max_new_tokens));
        missing +=
            requests[i].max_new_tokens - static_cast<std::int64_t>(requests[i].begun.tokens.size());
      }
      EXPECT_EQ(engine->counters().rows_computed, plan.rows_computed);
      EXPECT_EQ(engine->counters().generated_tokens, missing);
      for (std::size_t i = 0; i < requests.size(); i += 2) {
        EXPECT_TRUE(std::equal(whole[i].logprobs.begin(), whole[i].logprobs.end(),
                               results[i].logprobs.begin()));
      }
    }
  }
}

TEST(EnginePlan, ARequestThatScoresNothingIsCommitted) {
  FLM_NEED_NANO();
  const auto engine = open(nano(), 0);
  int delivered = 0, commits = 0;
  const std::atomic<bool> stop = false;
  EXPECT_TRUE(engine->score(
      std::vector<ScoreRequest>{{{5}, 1, 0}, {{5, 6}, 2, 0}},
      [&](std::size_t, ScoreResult&&) { ++delivered; },
      [&] {
        EXPECT_EQ(delivered, 2);
        ++commits;
      },
      stop));
  EXPECT_EQ(commits, 1);
}

}  // namespace
}  // namespace flm::test
