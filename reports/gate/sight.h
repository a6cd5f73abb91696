// What a rule can see: the drop that it fails in 8 of 10 such runs.
#pragma once

#include <cstdint>

#include "reports/gate/policy.h"
#include "reports/statistics/power.h"

namespace flm {

/// One-sided alpha as the two-sided one of a plan; a blocking test for a drop shares it with the
/// others
/// (`tests`, 1 without a correction), and Holm's first step is the hardest.
TestPlan plan_of(const Rule& rule, double alpha, std::int64_t tests);

/// The drop that is found, from the standard error of the difference: significant, and beyond the
/// limit.
double reach_of(const Rule& rule, const TestPlan& plan, double error);

}  // namespace flm
