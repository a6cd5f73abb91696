// The number does not move: threads, order, company, memory, ranks, instruction set, decoding.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/kernels.h"
#include "engine/parallel/communicator.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

constexpr std::int32_t kNanoVocab = 2112;

class Invariance : public ::testing::Test {
 protected:
  void SetUp() override {
    FLM_NEED_NANO();
    requests = mixed_requests(kNanoVocab);
    for (std::uint32_t i = 0; i < 30; ++i)
      requests.push_back({random_ids(270 + i, kNanoVocab, 2000 + i), 1, 0});
    const auto engine = open_engine(nano());
    expected = score_all(*engine, requests);
    ASSERT_EQ(engine->info().vocab_rows, kNanoVocab);
    std::size_t compared = 0;
    for (const ScoreResult& result : expected) compared += result.logprobs.size();
    ASSERT_GE(compared, 10000u);
  }
  std::vector<ScoreRequest> requests;
  std::vector<ScoreResult> expected;
};

TEST_F(Invariance, Threads) {
  for (int threads : {1, 2, 3}) {
    const auto engine = open_engine(nano(), threads);
    EXPECT_EQ(engine->info().threads, threads);
    EXPECT_EQ(differences(expected, score_all(*engine, requests)), 0) << threads << " threads";
  }
}

TEST_F(Invariance, OrderOfRequests) {
  std::vector<std::size_t> order(requests.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(5));
  std::vector<ScoreRequest> shuffled;
  for (std::size_t i : order) shuffled.push_back(requests[i]);
  const auto engine = open_engine(nano());
  const std::vector<ScoreResult> results = score_all(*engine, shuffled);
  std::vector<ScoreResult> back(results.size());
  for (std::size_t i = 0; i < order.size(); ++i) back[order[i]] = results[i];
  EXPECT_EQ(differences(expected, back), 0);
}

TEST_F(Invariance, Alone) {
  const auto engine = open_engine(nano());
  std::vector<ScoreResult> alone;
  for (const ScoreRequest& request : requests)
    alone.push_back(score_all(*engine, {request}).front());
  EXPECT_EQ(differences(expected, alone), 0);
}

/// Where few rows are scored, the last layer computes those alone.
TEST_F(Invariance, LastRowsAlone) {
  const auto engine = open_engine(nano());
  std::vector<ScoreRequest> last = requests;
  std::vector<ScoreResult> ends(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto length = static_cast<std::int32_t>(last[i].tokens.size());
    last[i].first_scored = std::max(last[i].first_scored, length - 1);
    const std::size_t kept = static_cast<std::size_t>(length - last[i].first_scored);
    ends[i].logprobs.assign(expected[i].logprobs.end() - static_cast<std::ptrdiff_t>(kept),
                            expected[i].logprobs.end());
    ends[i].argmax.assign(expected[i].argmax.end() - static_cast<std::ptrdiff_t>(kept),
                          expected[i].argmax.end());
  }
  std::vector<ScoreResult> results = score_all(*engine, last);
  for (ScoreResult& result : results) result.top.clear();
  EXPECT_EQ(differences(ends, results), 0);
}

/// Hardly more memory than the longest request needs.
double least_memory(const std::vector<ScoreRequest>& requests) {
  for (double gib = 0.001; gib < 1; gib *= 1.01) {
    try {
      (void)open_engine(nano(), 2, gib)->plan(requests);
      return gib;
    } catch (const UserError&) {
    }
  }
  return 0;
}

TEST_F(Invariance, SmallMemoryCutsAndStreams) {
  const double gib = least_memory(requests);
  const auto roomy = open_engine(nano()), tight = open_engine(nano(), 2, gib);
  const EnginePlan plan = tight->plan(requests);
  EXPECT_GT(plan.batches, 2);
  EXPECT_GT(plan.rows_computed, plan.rows_unique);
  EXPECT_LE(static_cast<double>(plan.bytes_peak), gib * 1024 * 1024 * 1024);
  EXPECT_EQ(differences(expected, score_all(*tight, requests)), 0);
  EXPECT_EQ(tight->counters().rows_computed, plan.rows_computed);
  EXPECT_EQ(tight->counters().batches, plan.batches);
  EXPECT_EQ(roomy->plan(requests).rows_computed, plan.rows_unique);
}

TEST_F(Invariance, InstructionSets) {
  const ModelConfig config = read_model_config(nano());
  for (const std::string& isa : available_isas()) {
    const auto communicator = make_single_communicator();
    const auto model = Model::create(config, WeightTable::open(nano(), config), *communicator,
                                     make_cpu_backend(2, isa));
    EXPECT_EQ(differences(expected, score_on(*model, requests)), 0) << isa;
  }
}

TEST_F(Invariance, Bf16OperandsAreOtherNumericsButTheSameOnEveryInstructionSet) {
  const ModelConfig config = read_model_config(nano());
  std::vector<ScoreResult> first;
  for (const std::string& isa : available_isas()) {
    const auto communicator = make_single_communicator();
    const auto model = Model::create(config, WeightTable::open(nano(), config), *communicator,
                                     make_cpu_backend(2, isa, true));
    const std::vector<ScoreResult> results = score_on(*model, requests);
    if (first.empty()) first = results;
    EXPECT_EQ(differences(first, results), 0) << isa;
  }
  EXPECT_GT(differences(expected, first), 0);
  SilentProgress silent;
  EngineOptions options;
  options.model = nano();
  options.threads = 3;
  options.precision = Precision::kBf16;
  const auto engine = Engine::open(options, silent);
  EXPECT_EQ(engine->info().numerics, "flm-cpu-3/bf16");
  EXPECT_NE(engine->info().numerics_hash, open_engine(nano())->info().numerics_hash);
  EXPECT_EQ(differences(first, score_all(*engine, requests)), 0);
}

/// More ranks than key/value heads, and counts that divide neither heads nor widths, among them.
TEST_F(Invariance, Ranks) {
  const std::string numerics = open_engine(nano())->info().numerics_hash;
  for (int ranks : {2, 3, 4, 8}) {
    if (ranks > read_model_config(nano()).heads) {
      EXPECT_THROW(open_engine(nano(), 2, 0, ranks), UserError) << ranks;
      continue;
    }
    const auto engine = open_engine(nano(), 2, 0, ranks);
    EXPECT_EQ(differences(expected, score_all(*engine, requests)), 0) << ranks << " ranks";
    EXPECT_EQ(engine->info().numerics_hash, numerics) << "the ranks are no part of it";
  }
}

/// One token a step through scattered pages whose slots are aligned to the position.
std::vector<float> decode(Model& model, const std::vector<std::int32_t>& tokens,
                          std::size_t prompt) {
  const auto storage = model.make_kv_storage(1024);
  const std::vector<std::int32_t> pages = {7, 2, 11, 0, 5, 9};
  std::vector<float> logprobs;
  auto step = [&](std::size_t begin, std::size_t end) {
    PackedBatch batch;
    for (std::size_t page = 0; page * 64 < end; ++page)
      batch.segments.push_back(
          {pages[page] * 64, static_cast<std::int32_t>(page) * 64,
           static_cast<std::int32_t>(std::min<std::size_t>(64, end - page * 64))});
    for (std::size_t p = begin; p < end; ++p) {
      batch.ids.push_back(tokens[p]);
      batch.positions.push_back(static_cast<std::int32_t>(p));
      batch.slots.push_back(pages[p / 64] * 64 + static_cast<std::int32_t>(p % 64));
      batch.path_begin.push_back(0);
      batch.path_count.push_back(static_cast<std::int32_t>(batch.segments.size()));
      batch.head_rows.push_back(static_cast<std::int32_t>(p - begin));
    }
    const std::vector<float> logits = model.forward(batch, *storage);
    const std::size_t vocab = logits.size() / (end - begin);
    for (std::size_t p = begin; p < end; ++p) {
      const std::span<const float> row(logits.data() + (p - begin) * vocab, vocab);
      if (p + 1 < tokens.size())
        logprobs.push_back(row[static_cast<std::size_t>(tokens[p + 1])] - model.log_sum_exp(row));
    }
  };
  step(0, prompt);
  for (std::size_t p = prompt; p + 1 < tokens.size(); ++p) step(p, p + 1);
  return logprobs;
}

TEST_F(Invariance, DecodingEqualsScoring) {
  const ModelConfig config = read_model_config(nano());
  const auto communicator = make_single_communicator();
  const auto model = Model::create(config, WeightTable::open(nano(), config), *communicator,
                                   make_cpu_backend(2, ""));
  ScoreResult decoded = expected[7];  // 300 tokens
  decoded.logprobs = decode(*model, requests[7].tokens, 70);
  EXPECT_EQ(differences({expected[7]}, {decoded}), 0);
}

TEST_F(Invariance, StopEndsBetweenBatches) {
  const auto engine = open_engine(nano(), 2, least_memory(requests));
  std::atomic<bool> stop = false;
  std::vector<ScoreResult> results(requests.size());
  std::size_t delivered = 0;
  const bool finished = engine->score(
      requests,
      [&](std::size_t i, ScoreResult&& result) {
        EXPECT_EQ(differences({expected[i]}, {result}), 0);
        ++delivered;
      },
      [&] { stop = true; }, stop);
  EXPECT_FALSE(finished);
  EXPECT_LT(delivered, requests.size());
  EXPECT_EQ(engine->counters().batches, 1);
}

TEST(Requests, WhatCannotRunIsRefusedByValue) {
  FLM_NEED_NANO();
  const auto engine = open_engine(nano());
  const auto refused = [&](const ScoreRequest& request, const std::string& value) {
    try {
      (void)engine->plan(std::vector<ScoreRequest>{request});
      ADD_FAILURE() << "not refused: " << value;
    } catch (const UserError& error) {
      EXPECT_NE(std::string(error.what()).find(value), std::string::npos) << error.what();
    }
  };
  refused({{1, kNanoVocab}, 1, 0}, "2112");
  refused({{1, -1}, 1, 0}, "-1");
  refused({random_ids(514, kNanoVocab, 1), 1, 0}, "513");
  refused({{1, 2}, 3, 0}, "3");
  refused({{}, 1, 0}, "no tokens");
  EXPECT_EQ(
      engine->plan(std::vector<ScoreRequest>{{random_ids(513, kNanoVocab, 1), 1, 0}}).rows_unique,
      512);
  EXPECT_THROW(open_engine(nano(), 2, 0.0001)->plan(std::vector<ScoreRequest>{{{1, 2, 3}, 1, 0}}),
               UserError);
}

TEST(Requests, NothingToScoreIsAnEmptyResult) {
  FLM_NEED_NANO();
  const auto engine = open_engine(nano());
  const auto results = score_all(*engine, {{{5}, 1, 0}, {{5, 6}, 2, 3}, {{5, 6}, 1, 0}});
  EXPECT_TRUE(results[0].logprobs.empty());
  EXPECT_TRUE(results[1].logprobs.empty());
  EXPECT_EQ(results[2].logprobs.size(), 1u);
}

TEST(Weights, NotFiniteOnesAreNamed) {
  FLM_NEED_SHARED();
  const auto engine = open_engine(checkpoint("bad/tensor-nan-inf"));
  try {
    (void)engine->weights_hash();
    ADD_FAILURE() << "NaN weights were not refused";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("NaN"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace flm::test
