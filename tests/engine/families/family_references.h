// Small checkpoints of families with float64 references, here and beside the repository, and what
// an engine that opened one is held against.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "tests/engine/fixture.h"

namespace flm::test {

inline const std::filesystem::path kFamilyFixtures =
    FLM_SOURCE_DIR "/tests/engine/families/fixtures";
inline const std::filesystem::path kSharedFamilies = kShared / "conformance/families";

/// Folders with a reference, in order.
inline std::vector<std::filesystem::path> families_in(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> found;
  if (!std::filesystem::exists(root)) return found;
  for (const auto& entry : std::filesystem::directory_iterator(root))
    if (std::filesystem::exists(entry.path() / "reference.json")) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// All positions of the reference's texts.
inline std::vector<ScoreRequest> reference_texts(const Json& reference, std::int32_t top_k = 0) {
  std::vector<ScoreRequest> requests;
  for (const Json& sequence : reference["sequences"])
    requests.push_back({sequence["ids"].get<std::vector<std::int32_t>>(), 1, top_k});
  return requests;
}

/// Greedy; none where the reference has none.
inline std::vector<GenerateRequest> reference_prompts(const Json& reference) {
  std::vector<GenerateRequest> requests;
  if (!reference.contains("greedy")) return requests;
  for (const Json& one : reference["greedy"]) {
    requests.emplace_back();
    requests.back().prompt = one["prompt"].get<std::vector<std::int32_t>>();
    requests.back().max_new_tokens = static_cast<std::int32_t>(one["ids"].size());
  }
  return requests;
}

/// Each log-probability in fp32 is within 5e-5 of float64's, and those of a long text within twice
/// the error of transformers' float32.
inline void check_scores(const std::vector<ScoreResult>& results, const Json& reference) {
  constexpr double kMostError = 5e-5;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Json& sequence = reference["sequences"][i];
    const auto expected = sequence["token_logprobs"].get<std::vector<double>>();
    ASSERT_EQ(results[i].logprobs.size(), expected.size());
    double squares = 0;
    for (std::size_t p = 0; p < expected.size(); ++p) {
      const double error = static_cast<double>(results[i].logprobs[p]) - expected[p];
      ASSERT_LE(std::abs(error), kMostError) << "sequence " << i << " position " << p;
      squares += error * error;
    }
    if (expected.size() <= 30 || !sequence.contains("naive_error")) continue;
    const double naive = sequence["naive_error"]["float32"]["rms"].get<double>();
    EXPECT_LE(std::sqrt(squares / static_cast<double>(expected.size())), 2 * naive + 1e-7);
  }
}

inline void check_greedy(const std::vector<GenerateResult>& results, const Json& reference) {
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].tokens, reference["greedy"][i]["ids"].get<std::vector<std::int32_t>>());
}

}  // namespace flm::test
