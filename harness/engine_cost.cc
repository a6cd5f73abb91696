#include "harness/engine_cost.h"

#include <algorithm>

namespace flm {

EnginePlan engine_cost(const Engine& engine, const RunPlan& plan) {
  EnginePlan cost = engine.plan(std::span<const ScoreRequest>(plan.scores));
  if (plan.generations.empty()) return cost;
  const EnginePlan more = engine.plan(std::span<const GenerateRequest>(plan.generations));
  cost.requests += more.requests;
  cost.tokens_submitted += more.tokens_submitted;
  cost.rows_unique += more.rows_unique;
  cost.rows_computed += more.rows_computed;
  cost.batches += more.batches;
  cost.flops += more.flops;
  cost.bytes_peak = std::max(cost.bytes_peak, more.bytes_peak);
  cost.seconds_expected += more.seconds_expected;
  return cost;
}

}  // namespace flm
