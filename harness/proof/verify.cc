#include "harness/proof/verify.h"

#include <algorithm>
#include <bit>
#include <random>

#include "base/errors.h"
#include "harness/proof/score_again.h"

namespace flm {
namespace {

constexpr std::size_t kAlone = 50;  // requests that are also run one by one

bool same_bits(const ScoreResult& a, const ScoreResult& b) {
  return a.error == b.error && a.argmax == b.argmax && a.logprobs.size() == b.logprobs.size() &&
         std::equal(a.logprobs.begin(), a.logprobs.end(), b.logprobs.begin(), [](float x, float y) {
           return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
         });
}

}  // namespace

std::string verify_scores(Engine& engine, const std::vector<ScoreRequest>& requests,
                          const std::function<ScoreResult(std::size_t)>& reported, double share,
                          std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (std::generate_canonical<double, 53>(random) < share) chosen.push_back(i);
  }
  if (chosen.empty() && !requests.empty()) chosen.push_back(0);
  std::reverse(chosen.begin(), chosen.end());

  std::vector<ScoreRequest> reversed;
  for (std::size_t index : chosen) reversed.push_back(requests[index]);
  const std::vector<ScoreResult> again = score_again(engine, reversed);
  const std::size_t alone = std::min(kAlone, chosen.size());
  std::size_t differ = 0, values = 0;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const ScoreResult expected = reported(chosen[i]);
    values += expected.logprobs.size();
    const bool same = same_bits(expected, again[i]) &&
                      (i >= alone || same_bits(expected, score_again(engine, {reversed[i]})[0]));
    differ += !same;
  }
  const std::string line =
      "verify: " + std::to_string(chosen.size()) + " requests (" + std::to_string(values) +
      " log-probabilities) run again in reversed order, " + std::to_string(alone) +
      " of them also alone: " + std::to_string(differ) + " differ from the run";
  FLM_CHECK(differ == 0, line);
  return line;
}

}  // namespace flm
