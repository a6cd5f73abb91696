// Two runs over the same items, each right or wrong. Every difference is B - A.
#pragma once

#include <cstdint>

#include "reports/statistics/interval.h"

namespace flm {

/// Items by which of the runs was right.
struct PairedCounts {
  std::int64_t both = 0, only_a = 0, only_b = 0, neither = 0;
  std::int64_t n() const { return both + only_a + only_b + neither; }
  double difference() const {
    return static_cast<double>(only_b - only_a) / static_cast<double>(n());
  }
};

/// McNemar's test, two-sided. X ~ Bin(only_a + only_b, 1/2), m the smaller count.
/// mid-p: 2 P(X < m) + P(X = m); 1 where the counts are equal, both 0 included.
double mcnemar_mid_p(const PairedCounts& counts);

/// Standard error of the difference (Wald's); n > 0, as below.
double paired_binary_stderr(const PairedCounts& counts);

/// Newcombe's interval of the difference (1998, "method 10"): Wilson's limits of both shares,
/// joined with their correlation.
Interval newcombe_paired(const PairedCounts& counts, double confidence = 0.95);

}  // namespace flm
