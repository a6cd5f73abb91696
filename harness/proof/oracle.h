// --verify-against BACKEND SHARE: the same items by another backend, and whether what differs is
// explained by rounding.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "harness/cli/options.h"
#include "harness/plan/plan.h"

namespace flm {

/// The model flags with BACKEND (cpu-fp32, cpu-bf16, cuda-fp32, cuda-bf16) in place of device and
/// precision; a UserError lists the known ones.
ModelFlags oracle_flags(ModelFlags flags, const std::string& backend);

/// 0.01 or 1%, above 0 and at most 1.
double oracle_share(const std::string& text);

/// How far rounding takes a log-probability, as the standard deviation of its difference between
/// two backends. Every rounding of an operand or a sum is a random number of variance u^2 / 3
/// relative to its value, the ones of all layers add up in the residual stream, and a
/// log-probability of size `scale` takes the relative error of the logits it is made of.
struct RoundingModel {
  /// Of one backend, against exact arithmetic.
  explicit RoundingModel(const EngineInfo& run);
  RoundingModel(const EngineInfo& run, const EngineInfo& oracle);
  double deviation(double scale) const;

 private:
  double relative_squared_ = 0;
};

struct OracleReport {
  std::string text;  // one paragraph
  bool explained = true;
};

/// Chooses a share of the items by seed, runs all their requests on `oracle` and compares with what
/// the run reported. A choice (the request with the highest log-probability of an item with
/// several) or a most likely token that is another one, although the oracle's margin is above six
/// deviations, is not explained; nor is a root mean square above one deviation.
OracleReport compare_with_oracle(const RunPlan& plan,
                                 const std::function<ScoreResult(std::size_t)>& reported,
                                 const EngineInfo& run, Engine& oracle, double share,
                                 std::uint64_t seed);

}  // namespace flm
