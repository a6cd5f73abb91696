// What the tests of the compute part share: opening models, scoring lists, seeded token ids.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/engine.h"
#include "engine/model/model.h"
#include "engine/scoring/packed_batch.h"
#include "engine/scoring/prefix_trie.h"
#include "engine/scoring/score_collector.h"
#include "engine/tokenizer.h"

namespace flm::test {

inline const std::filesystem::path kShared = FLM_SHARED_DIR;
inline bool shared_is_here() { return std::filesystem::exists(kShared / "models"); }

#define FLM_NEED_SHARED() \
  if (!::flm::test::shared_is_here()) GTEST_SKIP() << "skipped: ../shared is not here"

/// The repository's own small model; in the bundle for a device it lies elsewhere.
inline std::string nano() { return FLM_NANO_DIR "/step_01600"; }
#define FLM_NEED_NANO()                              \
  if (!std::filesystem::exists(::flm::test::nano())) \
  GTEST_SKIP() << "skipped: models/nano is not here"
inline std::string checkpoint(const std::string& name) {
  return kShared / "conformance/checkpoints" / name;
}

inline std::unique_ptr<Engine> open_engine(const std::string& model, int threads = 2,
                                           double memory_gib = 0, int ranks = 1) {
  static SilentProgress silent;
  EngineOptions options;
  options.model = model;
  options.threads = threads;
  options.memory_gib = memory_gib;
  options.tensor_parallel = ranks;
  return Engine::open(options, silent);
}

inline std::vector<ScoreResult> score_all(Engine& engine,
                                          const std::vector<ScoreRequest>& requests) {
  std::vector<ScoreResult> results(requests.size());
  std::vector<int> delivered(requests.size());
  const std::atomic<bool> stop = false;
  EXPECT_TRUE(engine.score(
      requests,
      [&](std::size_t i, ScoreResult&& result) {
        ++delivered.at(i);
        results.at(i) = std::move(result);
      },
      [] {}, stop));
  for (int count : delivered) EXPECT_EQ(count, 1);
  return results;
}

inline std::vector<GenerateResult> generate_all(Engine& engine, const std::string& folder,
                                                const std::vector<GenerateRequest>& requests) {
  const auto tokenizer = Tokenizer::open({folder, AddBos::kAuto});
  std::vector<GenerateResult> results(requests.size());
  const std::atomic<bool> stop = false;
  EXPECT_TRUE(engine.generate(
      requests, *tokenizer,
      [&](std::size_t i, GenerateResult&& result) { results.at(i) = std::move(result); }, [] {},
      stop));
  return results;
}

inline std::vector<std::int32_t> random_ids(std::size_t count, std::int32_t vocab,
                                            std::uint32_t seed) {
  std::mt19937 generator(seed);
  std::vector<std::int32_t> ids(count);
  for (std::int32_t& id : ids)
    id = static_cast<std::int32_t>(generator() % static_cast<std::uint32_t>(vocab));
  return ids;
}

/// Requests that share prefixes, repeat, branch in the middle of a tile and cross tiles.
inline std::vector<ScoreRequest> mixed_requests(std::int32_t vocab) {
  std::vector<ScoreRequest> requests;
  for (std::size_t length : {3u, 17u, 64u, 65u, 66u, 129u, 200u, 300u})
    requests.push_back({random_ids(length, vocab, static_cast<std::uint32_t>(length)), 1, 0});
  const std::size_t base = requests.size();
  for (std::size_t i = 0; i < base; ++i) {
    std::vector<std::int32_t> half(
        requests[i].tokens.begin(),
        requests[i].tokens.begin() + 1 + static_cast<std::int64_t>(requests[i].tokens.size() / 2));
    requests.push_back({half, 1, 0});
    std::vector<std::int32_t> branch = requests[i].tokens;
    branch.back() = (branch.back() + 1) % vocab;
    branch.push_back(7);
    branch.push_back(8);
    requests.push_back({branch, static_cast<std::int32_t>(branch.size()) - 2, 2});
    requests.push_back(requests[i]);
  }
  for (std::uint32_t i = 0; i < 12;
       ++i) {  // a long stem, so that a cut has a path to compute again
    std::vector<std::int32_t> tokens = random_ids(260, vocab, 300);
    for (std::int32_t id : random_ids(30, vocab, 1000 + i)) tokens.push_back(id);
    requests.push_back({tokens, 258, 0});
  }
  return requests;
}

/// How many log-probabilities or argmaxes differ in any bit.
inline int differences(const std::vector<ScoreResult>& a, const std::vector<ScoreResult>& b) {
  int count = 0;
  EXPECT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    EXPECT_EQ(a[i].logprobs.size(), b[i].logprobs.size());
    for (std::size_t p = 0; p < std::min(a[i].logprobs.size(), b[i].logprobs.size()); ++p)
      count += std::bit_cast<std::uint32_t>(a[i].logprobs[p]) !=
                   std::bit_cast<std::uint32_t>(b[i].logprobs[p]) ||
               a[i].argmax[p] != b[i].argmax[p];
    count += a[i].top != b[i].top;
  }
  return count;
}

/// Log-probabilities of all of them: what differences() compares.
inline std::size_t log_probabilities(const std::vector<ScoreResult>& results) {
  std::size_t count = 0;
  for (const ScoreResult& result : results) count += result.logprobs.size();
  return count;
}

/// Scores as one batch on a bare model.
inline std::vector<ScoreResult> score_on(Model& model, const std::vector<ScoreRequest>& requests) {
  const PrefixTrie trie(requests);
  const ScoringBatch batch = pack(trie, {0, trie.nodes(), 0}, requests);
  const auto answers = model.score(batch.rows, batch.queries);
  std::vector<ScoreResult> results(requests.size());
  ScoreCollector collector(requests);
  collector.take(answers, batch.recipients,
                 [&](std::size_t i, ScoreResult&& result) { results[i] = std::move(result); });
  return results;
}

}  // namespace flm::test
