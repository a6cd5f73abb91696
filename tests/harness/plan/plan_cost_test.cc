// Scoring and generation of one plan: what adds up, and what is the larger of both.
#include "harness/plan/plan_cost.h"

#include <gtest/gtest.h>

#include "tests/harness/stand_in_engine.h"

namespace flm {
namespace {

TEST(PlanCost, AddsWorkAndTakesTheLargerPeak) {
  testing::StandInEngine engine;
  engine.of_scores = {.requests = 10,
                      .tokens_submitted = 200,
                      .rows_unique = 90,
                      .rows_computed = 95,
                      .batches = 2,
                      .flops = 1e9,
                      .bytes_peak = 5000,
                      .seconds_expected = 1.5,
                      .speed = "",
                      .placement = "of scoring"};
  engine.of_generations = {.requests = 3,
                           .tokens_submitted = 30,
                           .rows_unique = 20,
                           .rows_computed = 40,
                           .batches = 7,
                           .flops = 2e9,
                           .bytes_peak = 3000,
                           .seconds_expected = 0.5,
                           .speed = "",
                           .placement = "of generation"};
  RunPlan both, generations;
  both.scores.emplace_back();
  both.generations.emplace_back();
  generations.generations.emplace_back();
  const EnginePlan cost = plan_cost(engine, both);
  EXPECT_EQ(cost_json(cost),
            R"({"requests":13,"tokens_submitted":230,"rows_unique":110,"rows_computed":135,)"
            R"("batches":9,"flops":3000000000.0,"bytes_peak":5000,"seconds_expected":2.0})");
  EXPECT_EQ(cost.placement, "of scoring");
  engine.of_generations.bytes_peak = 7000;
  EXPECT_EQ(plan_cost(engine, both).bytes_peak, 7000);
  EXPECT_EQ(plan_cost(engine, generations).placement, "of generation");
}

}  // namespace
}  // namespace flm
