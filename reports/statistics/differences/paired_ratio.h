// The difference of two ratios of sums over the same items: bits per byte, perplexity.
#pragma once

#include <string>
#include <vector>

#include "reports/statistics/differences/paired_real.h"

namespace flm {

/// What is added up over the items of one run: sum of `over` by sum of `under`.
struct RatioItems {
  const std::vector<double>& over;
  const std::vector<double>& under;
  double ratio() const;
};

/// scale_b R_b - scale_a R_a (bits per byte: nats, bytes, and 1 / ln 2 as both scales) and its
/// error. Each item counts with what it moves the difference by, scale_b e_b / U_b - scale_a e_a /
/// U_a with e = over - R under and U the sum of `under`; the error is sqrt(n / (n - 1) sum of its
/// squares), or the same over clusters, with n - 1 (clusters - 1) degrees of freedom.
MeanError ratio_change(const RatioItems& a, const RatioItems& b,
                       const std::vector<std::string>& clusters, double scale_a, double scale_b);

/// exp(sign R_b) - exp(sign R_a), by the delta method; sign -1: perplexities of log-likelihoods.
MeanError exp_ratio_change(const RatioItems& a, const RatioItems& b,
                           const std::vector<std::string>& clusters, double sign);

}  // namespace flm
