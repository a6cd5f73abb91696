#include "harness/proof/oracle.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <utility>

#include "base/errors.h"
#include "harness/proof/compute_again.h"

namespace flm {
namespace {

constexpr double kDeviations = 6;  // above it a margin is no matter of rounding
constexpr std::int32_t kTop = 8;   // most likely tokens in which the run's one is looked for

bool rounds_operands(const EngineInfo& info) {
  return info.numerics.find("/bf16") != std::string::npos;
}

/// Variance of one backend's relative error of the final hidden state.
double relative_variance(const EngineInfo& info) {
  constexpr double kBf16 = 0x1p-9, kFp32 = 0x1p-24;  // half of a last place
  constexpr double kActivations = 8;  // of a layer: norm, q, k, weights, values, o; norm, product
  constexpr double kSums = 7;         // of a layer: four products, scores, values, residual adds
  constexpr double kWidest = 4;       // of a sum, in hidden sizes
  const double layers = info.layers;
  double variance = kFp32 * kFp32 / 3 * kWidest * info.hidden * (kSums * layers + 1);
  if (rounds_operands(info)) {
    const double roundings = info.weight_dtype == "BF16" ? kActivations : 2 * kActivations;
    variance += kBf16 * kBf16 / 3 * (roundings * layers + 2);
  }
  return variance;
}

using ItemKey = std::pair<std::uint32_t, std::uint32_t>;  // task, item

/// Requests of the chosen items.
std::map<ItemKey, std::vector<std::size_t>> choose_items(const RunPlan& plan, double share,
                                                         std::uint64_t seed) {
  std::map<ItemKey, std::vector<std::size_t>> all, chosen;
  for (std::size_t i = 0; i < plan.scores.size(); ++i)
    all[{plan.score_homes[i].task, plan.score_homes[i].item}].push_back(i);
  std::mt19937_64 random(seed);
  for (const auto& entry : all)
    if (std::generate_canonical<double, 53>(random) < share) chosen.insert(entry);
  if (chosen.empty() && !all.empty()) chosen.insert(*all.begin());
  return chosen;
}

/// What was chosen otherwise: how often, and the largest margin by the oracle, in nats and in
/// deviations.
struct Flips {
  std::int64_t of = 0, count = 0, unexplained = 0;
  double margin = 0, deviations = 0;
  void add(double by, double deviation) {
    ++count;
    margin = std::max(margin, by);
    deviations = std::max(deviations, by / deviation);
    unexplained += by > kDeviations * deviation;
  }
  std::string text(const char* what) const {
    char line[200];
    std::snprintf(line, sizeof line, "%lld of %lld %s differ", static_cast<long long>(count),
                  static_cast<long long>(of), what);
    std::string out = line;
    if (count == 0) return out;
    std::snprintf(line, sizeof line, " (largest margin %.3g, %.2g deviations; %lld above %g)",
                  margin, deviations, static_cast<long long>(unexplained), kDeviations);
    return out + line;
  }
};

class Comparison {
 public:
  Comparison(const RunPlan& plan, const RoundingModel& model) : plan_(plan), model_(model) {}

  /// First pass: the size of the differences and of the log-probabilities. Where one alone has no
  /// figures, nothing explains it.
  void measure(const ScoreResult& mine, const ScoreResult& oracle) {
    finite_ = finite_ && mine.error.empty() == oracle.error.empty();
    if (!mine.error.empty() || !oracle.error.empty()) return;
    FLM_CHECK(mine.logprobs.size() == oracle.logprobs.size(),
              "another number of log-probabilities");
    for (std::size_t t = 0; t < mine.logprobs.size(); ++t) {
      const double value = oracle.logprobs[t], difference = mine.logprobs[t] - value;
      finite_ = finite_ && std::isfinite(difference);
      largest_ = std::max(largest_, std::abs(difference));
      squares_ += difference * difference;
      scale_squares_ += value * value;
      ++values_;
    }
  }
  void settle() {
    const double count = std::max<double>(1, static_cast<double>(values_));
    rms_ = std::sqrt(squares_ / count);
    deviation_ = model_.deviation(std::sqrt(scale_squares_ / count));
  }

  void tokens(const ScoreResult& mine, const ScoreResult& oracle) {
    if (!mine.error.empty() || !oracle.error.empty()) return;
    for (std::size_t t = 0; t < mine.argmax.size(); ++t) {
      ++tokens_.of;
      if (mine.argmax[t] == oracle.argmax[t]) continue;
      const auto& top = oracle.top[t];
      double margin = static_cast<double>(top.front().second) - top.back().second;  // at least
      for (const auto& [id, logprob] : top)
        if (id == mine.argmax[t]) margin = static_cast<double>(top.front().second) - logprob;
      tokens_.add(margin, deviation_ * std::sqrt(2.0));
    }
  }

  /// All requests of an item: the one with the highest sum.
  void choice(const std::vector<std::size_t>& requests, const std::vector<ScoreResult>& mine,
              const std::vector<ScoreResult>& oracle) {
    struct Sum {
      double mine = 0, oracle = 0;
      std::size_t tokens = 0;
    };
    std::map<std::uint32_t, Sum> sums;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (!mine[i].error.empty() || !oracle[i].error.empty()) return;
      Sum& sum = sums[plan_.score_homes[requests[i]].request];
      sum.mine += mine[i].sum();
      sum.oracle += oracle[i].sum();
      sum.tokens += mine[i].logprobs.size();
    }
    if (sums.size() < 2) return;
    const Sum *best = nullptr, *wanted = nullptr;
    for (const auto& [request, sum] : sums) {
      if (!best || sum.mine > best->mine) best = &sum;
      if (!wanted || sum.oracle > wanted->oracle) wanted = &sum;
    }
    ++choices_.of;
    if (best != wanted)
      choices_.add(wanted->oracle - best->oracle,
                   deviation_ * std::sqrt(static_cast<double>(best->tokens + wanted->tokens)));
  }

  OracleReport report(const std::string& oracle, std::size_t items) const {
    char line[300];
    std::snprintf(line, sizeof line,
                  "verify-against %s: %zu items, %lld log-probabilities: largest difference %.3g, "
                  "root mean square %.3g (rounding explains %.3g); ",
                  oracle.c_str(), items, static_cast<long long>(values_), largest_, rms_,
                  deviation_);
    const bool explained =
        finite_ && rms_ <= deviation_ && tokens_.unexplained == 0 && choices_.unexplained == 0;
    return {line + choices_.text("choices") + "; " + tokens_.text("most likely tokens") +
                (explained ? "" : ": NOT explained by rounding"),
            explained};
  }

 private:
  const RunPlan& plan_;
  const RoundingModel model_;
  bool finite_ = true;
  std::int64_t values_ = 0;
  double largest_ = 0, squares_ = 0, scale_squares_ = 0, rms_ = 0, deviation_ = 0;
  Flips tokens_, choices_;
};

}  // namespace

ModelFlags oracle_flags(ModelFlags flags, const std::string& backend) {
  for (const char* device : {"cpu", "cuda"})
    for (const char* precision : {"fp32", "bf16"})
      if (backend == std::string(device) + "-" + precision) {
        flags.device = device;
        flags.precision = precision;
        flags.nodes = nullptr;  // the job's processes have the run's own model open
        return flags;
      }
  throw UserError("--verify-against knows cpu-fp32, cpu-bf16, cuda-fp32 and cuda-bf16: " + backend);
}

double oracle_share(const std::string& text) {
  char* end = nullptr;
  double share = std::strtod(text.c_str(), &end);
  if (*end == '%') {
    share /= 100;
    ++end;
  }
  if (text.empty() || *end != 0 || !(share > 0) || share > 1)
    throw UserError("--verify-against wants a share above 0 and up to 1, like 0.01 or 1%: " + text);
  return share;
}

RoundingModel::RoundingModel(const EngineInfo& run) : relative_squared_(relative_variance(run)) {}

RoundingModel::RoundingModel(const EngineInfo& run, const EngineInfo& oracle)
    : relative_squared_(relative_variance(run) + relative_variance(oracle)) {}

/// A log-probability is a difference of two, hence the 2; sizes below 1 nat count as 1.
double RoundingModel::deviation(double scale) const {
  return std::sqrt(2 * relative_squared_) * std::max(1.0, scale);
}

OracleReport compare_with_oracle(const RunPlan& plan,
                                 const std::function<ScoreResult(std::size_t)>& reported,
                                 const EngineInfo& run, Engine& oracle, double share,
                                 std::uint64_t seed) {
  const auto chosen = choose_items(plan, share, seed);
  std::vector<ScoreRequest> requests;
  for (const auto& [item, indices] : chosen)
    for (std::size_t index : indices) {
      requests.push_back(plan.scores[index]);
      requests.back().top_k = std::max(requests.back().top_k, kTop);
    }
  const std::vector<ScoreResult> results = score_again(oracle, requests);
  std::vector<ScoreResult> mine;
  for (const auto& [item, indices] : chosen)
    for (std::size_t index : indices) mine.push_back(reported(index));
  Comparison comparison(plan, RoundingModel(run, oracle.info()));
  for (std::size_t i = 0; i < mine.size(); ++i) comparison.measure(mine[i], results[i]);
  comparison.settle();
  std::size_t begin = 0;
  for (const auto& [item, indices] : chosen) {
    const auto part = [&](const std::vector<ScoreResult>& all) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(begin);
      return std::vector<ScoreResult>(first, first + static_cast<std::ptrdiff_t>(indices.size()));
    };
    for (std::size_t i = begin; i < begin + indices.size(); ++i)
      comparison.tokens(mine[i], results[i]);
    comparison.choice(indices, part(mine), part(results));
    begin += indices.size();
  }
  return comparison.report(oracle.info().numerics, chosen.size());
}

}  // namespace flm
