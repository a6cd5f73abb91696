#include "bench/results/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/errors.h"

namespace flm::bench {

double quantile(const std::vector<double>& sorted, double q) {
  FLM_CHECK(!sorted.empty(), "quantile of nothing");
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

std::pair<std::size_t, std::size_t> median_interval_ranks(std::size_t n) {
  if (n < 6) return {0, n == 0 ? 0 : n - 1};
  std::size_t low = 0;
  if (n > 1000) {  // the normal approximation is within one rank there
    const double count = static_cast<double>(n);
    low = static_cast<std::size_t>((count - 1.959964 * std::sqrt(count)) / 2) - 1;
    return {low, n - 1 - low};
  }
  // P(fewer than j values lie below the median) <= 2.5%
  double probability = std::pow(0.5, static_cast<double>(n)), cumulative = probability;
  while (true) {
    const double next = probability * static_cast<double>(n - low) / static_cast<double>(low + 1);
    if (cumulative + next > 0.025) break;
    cumulative += next;
    probability = next;
    ++low;
  }
  return {low, n - 1 - low};
}

double relative_half_width(const std::vector<double>& sorted) {
  if (sorted.size() < 6) return std::numeric_limits<double>::infinity();
  const auto [low, high] = median_interval_ranks(sorted.size());
  return (sorted[high] - sorted[low]) / 2 / quantile(sorted, 0.5);
}

namespace {

/// Twice the midranks of the pooled values, as integers; `a` comes first.
std::vector<std::size_t> doubled_midranks(const std::vector<double>& a,
                                          const std::vector<double>& b) {
  std::vector<double> pooled = a;
  pooled.insert(pooled.end(), b.begin(), b.end());
  std::vector<std::size_t> order(pooled.size()), ranks(pooled.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t i, std::size_t j) { return pooled[i] < pooled[j]; });
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && pooled[order[end]] == pooled[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = begin + 1 + end;  // 2 * mean rank
    begin = end;
  }
  return ranks;
}

}  // namespace

namespace {

/// ways[s]: subsets of n of the ranks whose sum is s; doubles hold C(200, 100) with room. Only sums
/// that so many of the ranks seen can have, and sizes that the ranks to come can still fill, are
/// looked at: of 100 repetitions a side that is a tenth of all.
std::vector<double> counted_ways(std::vector<std::size_t> ranks, std::size_t n) {
  std::sort(ranks.begin(), ranks.end());
  std::vector<std::size_t> sums(ranks.size() + 1);  // sums[i]: of the i smallest
  std::partial_sum(ranks.begin(), ranks.end(), sums.begin() + 1);
  const std::size_t most = sums[ranks.size()] - sums[ranks.size() - n];
  std::vector<std::vector<double>> ways(n + 1, std::vector<double>(most + 1, 0.0));
  ways[0][0] = 1;
  for (std::size_t seen = 1; seen <= ranks.size(); ++seen) {
    const std::size_t rank = ranks[seen - 1], to_come = ranks.size() - seen;
    const std::size_t fewest = std::max<std::size_t>(1, n > to_come ? n - to_come : 1);
    for (std::size_t k = std::min(n, seen); k >= fewest; --k) {
      const std::size_t highest = sums[seen] - sums[seen - k];
      const double* without = ways[k - 1].data();
      double* with = ways[k].data();
      for (std::size_t s = sums[k - 1] + rank; s <= highest; ++s) with[s] += without[s - rank];
    }
  }
  return std::move(ways[n]);
}

/// The same, of which the last is kept: rows without ties all have the same ranks.
const std::vector<double>& rank_sum_ways(const std::vector<std::size_t>& ranks, std::size_t n) {
  thread_local std::vector<std::size_t> last_ranks;
  thread_local std::size_t last_n = 0;
  thread_local std::vector<double> last_ways;
  std::vector<std::size_t> sorted = ranks;
  std::sort(sorted.begin(), sorted.end());
  if (sorted != last_ranks || n != last_n) {
    last_ways = counted_ways(sorted, n);
    last_ranks = std::move(sorted);
    last_n = n;
  }
  return last_ways;
}

}  // namespace

double mann_whitney(const std::vector<double>& a, const std::vector<double>& b) {
  FLM_CHECK(!a.empty() && !b.empty(), "Mann-Whitney test of an empty sample");
  const std::vector<std::size_t> ranks = doubled_midranks(a, b);
  const std::vector<double>& ways = rank_sum_ways(ranks, a.size());
  const auto sum = static_cast<double>(std::accumulate(
      ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(a.size()), std::size_t{0}));
  const double mean = static_cast<double>(a.size()) * static_cast<double>(ranks.size() + 1);
  double total = 0, as_far = 0;
  for (std::size_t s = 0; s < ways.size(); ++s) {
    total += ways[s];
    if (std::abs(static_cast<double>(s) - mean) >= std::abs(sum - mean)) as_far += ways[s];
  }
  return as_far / total;
}

std::pair<double, double> ratio_interval(const std::vector<double>& a,
                                         const std::vector<double>& b) {
  std::vector<std::size_t> ranks(a.size() + b.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i] = 2 * (i + 1);  // doubled, as above
  const std::vector<double>& ways = rank_sum_ways(ranks, a.size());
  const double total = std::accumulate(ways.begin(), ways.end(), 0.0);
  // U < k in at most 2.5% of all draws; U = rank sum - its least value.
  const std::size_t least = a.size() * (a.size() + 1);
  std::size_t k = 0;
  for (double below = ways[least]; below <= 0.025 * total; below += ways[least + 2 * k]) ++k;
  if (k == 0) return {0, 0};
  std::vector<double> ratios;
  for (double x : a)
    for (double y : b) ratios.push_back(y / x);
  std::sort(ratios.begin(), ratios.end());
  return {ratios[k - 1], ratios[ratios.size() - k]};
}

std::vector<double> benjamini_hochberg(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return p[i] < p[j]; });
  std::vector<double> adjusted(p.size());
  double least = 1;
  for (std::size_t rank = p.size(); rank >= 1; --rank) {
    const std::size_t i = order[rank - 1];
    least = std::min(least, p[i] * static_cast<double>(p.size()) / static_cast<double>(rank));
    adjusted[i] = least;
  }
  return adjusted;
}

double geometric_mean(const std::vector<double>& values) {
  FLM_CHECK(!values.empty(), "geometric mean of nothing");
  double logs = 0;
  for (double value : values) logs += std::log(value);
  return std::exp(logs / static_cast<double>(values.size()));
}

}  // namespace flm::bench
