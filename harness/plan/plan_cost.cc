#include "harness/plan/plan_cost.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"

namespace flm {

EnginePlan plan_cost(const Engine& engine, const RunPlan& plan) {
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
  if (plan.scores.empty()) cost.placement = more.placement;
  return cost;
}

std::string cost_json(const EnginePlan& cost) {
  Json json;
  json["requests"] = cost.requests;
  json["tokens_submitted"] = cost.tokens_submitted;
  json["rows_unique"] = cost.rows_unique;
  json["rows_computed"] = cost.rows_computed;
  json["batches"] = cost.batches;
  json["flops"] = cost.flops;
  json["bytes_peak"] = cost.bytes_peak;
  json["seconds_expected"] = cost.seconds_expected;
  return compact_json(json);
}

}  // namespace flm
