#include "harness/proof/verify.h"

#include <algorithm>
#include <bit>
#include <random>

#include "base/errors.h"
#include "harness/proof/compute_again.h"

namespace flm {
namespace {

// Requests that are also run one by one. An answer takes a pass for each of its tokens.
constexpr std::size_t kScoredAlone = 50, kGeneratedAlone = 10;

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) {
    return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
  });
}

bool same_bits(const ScoreResult& a, const ScoreResult& b) {
  return a.error == b.error && a.argmax == b.argmax && same_bits(a.logprobs, b.logprobs);
}

bool same_bits(const GenerateResult& a, const GenerateResult& b) {
  return a.error == b.error && a.tokens == b.tokens && a.text == b.text &&
         a.finish_reason == b.finish_reason && same_bits(a.logprobs, b.logprobs);
}

/// A share of `count` indices, at least one, the last first.
std::vector<std::size_t> choose(std::size_t count, double share, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::generate_canonical<double, 53>(random) < share) chosen.push_back(i);
  }
  if (chosen.empty()) chosen.push_back(0);
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

/// What is run again, and how often one by one.
struct Proof {
  const char* what;
  std::size_t most_alone;
  std::vector<std::size_t> chosen;
};

/// `again` computes a list of requests.
template <class Request, class Result>
std::string verify(const Proof& proof, const std::vector<Request>& requests,
                   const std::function<Result(std::size_t)>& reported,
                   const std::function<std::vector<Result>(const std::vector<Request>&)>& again) {
  std::vector<Request> reversed;
  for (std::size_t index : proof.chosen) reversed.push_back(requests[index]);
  const std::vector<Result> results = again(reversed);
  const std::size_t alone = std::min(proof.most_alone, reversed.size());
  std::size_t differ = 0, values = 0;
  for (std::size_t i = 0; i < reversed.size(); ++i) {
    const Result expected = reported(proof.chosen[i]);
    values += expected.logprobs.size();
    const bool same = same_bits(expected, results[i]) &&
                      (i >= alone || same_bits(expected, again({reversed[i]})[0]));
    differ += !same;
  }
  const std::string line =
      "verify: " + std::to_string(reversed.size()) + " " + proof.what + " (" +
      std::to_string(values) + " log-probabilities) run again in reversed order, " +
      std::to_string(alone) + " of them also alone: " + std::to_string(differ) +
      " differ from the run";
  FLM_CHECK(differ == 0, line);
  return line;
}

}  // namespace

std::string verify_scores(Engine& engine, const std::vector<ScoreRequest>& requests,
                          const std::function<ScoreResult(std::size_t)>& reported, double share,
                          std::uint64_t seed) {
  if (requests.empty()) return "";
  return verify<ScoreRequest, ScoreResult>(
      {"requests", kScoredAlone, choose(requests.size(), share, seed)}, requests, reported,
      [&](const std::vector<ScoreRequest>& some) { return score_again(engine, some); });
}

std::string verify_generations(Engine& engine, const Tokenizer& tokenizer,
                               const std::vector<GenerateRequest>& requests,
                               const std::function<GenerateResult(std::size_t)>& reported,
                               double share, std::uint64_t seed) {
  if (requests.empty()) return "";
  return verify<GenerateRequest, GenerateResult>(
      {"answers", kGeneratedAlone, choose(requests.size(), share, seed)}, requests, reported,
      [&](const std::vector<GenerateRequest>& some) {
        return generate_again(engine, tokenizer, some);
      });
}

}  // namespace flm
