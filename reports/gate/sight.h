// What a rule can see: the drop that it fails in 8 of 10 such runs.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "reports/comparison.h"
#include "reports/gate/policy.h"
#include "reports/statistics/differences/power.h"

namespace flm {

/// One-sided alpha as the two-sided one of a plan; a blocking test for a drop shares it with the
/// others
/// (`tests`, 1 without a correction), and Holm's first step is the hardest.
TestPlan plan_of(const Rule& rule, double alpha, std::int64_t tests);

/// Right and wrong answers to independent items.
struct Flips {
  std::int64_t items = 0, flips = 0;
};

/// What a test says of a difference.
struct TestedError {
  double stderr_value = 0;
  double df = std::numeric_limits<double>::infinity();  // of Student's t; infinite: normal
  double least_p = 0;                                   // two-sided, that the test can give
  std::optional<Flips> flips = {};
};

/// Of one metric; null where its error is not known.
std::optional<TestedError> error_of(const MetricComparison& metric);

/// The drop that is found: significant, and beyond the limit. Null where the items are too few to
/// tell.
std::optional<double> reach_of(const Rule& rule, const TestPlan& plan, const TestedError& error);

}  // namespace flm
