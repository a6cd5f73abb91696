// Order statistics, the exact Mann-Whitney test, and the correction for many rows.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace flm::bench {

/// Linear interpolation between order statistics (numpy's default); `sorted` is not empty.
double quantile(const std::vector<double>& sorted, double q);
double median(std::vector<double> values);

/// 0-based order statistics (low, high) whose interval covers the median with at least 95%
/// confidence; (0, n - 1) below 6 values, where no interval does.
std::pair<std::size_t, std::size_t> median_interval_ranks(std::size_t n);

/// Half-width of that interval over the median; infinite below 6 values.
double relative_half_width(const std::vector<double>& sorted);

/// Two-sided p of the Mann-Whitney U test, exact: the distribution of the rank sum over all ways
/// to draw the sample sizes from the pooled midranks, so that ties are exact too.
double mann_whitney(const std::vector<double>& a, const std::vector<double>& b);

/// 95% interval of the factor between two samples: the order statistics of all ratios b / a that
/// the U test would not reject (Hodges-Lehmann). (0, 0) where the samples are too few for one.
std::pair<double, double> ratio_interval(const std::vector<double>& a,
                                         const std::vector<double>& b);

/// Benjamini-Hochberg adjusted p-values, in the order given.
std::vector<double> benjamini_hochberg(const std::vector<double>& p);

double geometric_mean(const std::vector<double>& values);

}  // namespace flm::bench
