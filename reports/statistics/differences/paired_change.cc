#include "reports/statistics/differences/paired_change.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <string_view>

#include "base/errors.h"
#include "reports/statistics/differences/paired_ratio.h"
#include "reports/statistics/differences/suite_difference.h"
#include "reports/statistics/finite.h"
#include "reports/statistics/interval.h"
#include "reports/statistics/rounding.h"

namespace flm {
namespace {

/// A figure that is a function of a ratio of two sums over the items.
struct RatioOf {
  const char* aggregation;
  double sign;         // of the first number: losses 1, log-probabilities -1
  bool over_items;     // the denominator counts items, not the second number
  bool exponentiated;  // else divided by ln 2
};
constexpr RatioOf kRatios[] = {{"bits_per_byte", -1, false, false},
                               {"bpb", 1, false, false},
                               {"weighted_perplexity", -1, false, true},
                               {"perplexity", -1, true, true}};

/// Sums of the items' sizes by cluster.
std::vector<double> sizes_by_cluster(const std::vector<double>& sizes,
                                     const std::vector<std::string>& clusters) {
  std::map<std::string_view, double> sums;
  for (std::size_t i = 0; i < sizes.size(); ++i) sums[clusters[i]] += sizes[i];
  std::vector<double> out;
  for (const auto& [cluster, sum] : sums) out.push_back(sum);
  return out;
}

const RatioOf* find_ratio(const std::string& aggregation) {
  for (const RatioOf& ratio : kRatios)
    if (aggregation == ratio.aggregation) return &ratio;
  return nullptr;
}

std::vector<double> over(const RatioOf& ratio, const ItemValues& items) {
  std::vector<double> sums;
  for (const std::vector<double>& item : items) sums.push_back(ratio.sign * item[0]);
  return sums;
}

std::vector<double> under(const RatioOf& ratio, const ItemValues& items) {
  return ratio.over_items ? std::vector<double>(items.size(), 1.0) : column(items, 1);
}

PairedChange mean_change(const ItemValues& a, const ItemValues& b,
                         const std::vector<std::string>& clusters) {
  const MeanError of = paired_mean_change(a, b, clusters);
  const auto n = static_cast<std::int64_t>(a.size());
  return {of.mean, finite(task_part(of.mean, n, of.stderr_value, of.df).stderr_value)};
}

/// What each item moves the ratio by, times `sign`, is added to `moves`; the ratio comes back.
/// `largest` becomes no less than what is subtracted.
double add_moves(const ItemValues& items, double sign, std::vector<double>& moves,
                 double& largest) {
  double top = 0, bottom = 0;
  for (const std::vector<double>& item : items) top += item[0], bottom += item[1];
  const double ratio = top / bottom;
  for (std::size_t i = 0; i < items.size(); ++i)
    moves[i] += sign * (items[i][0] - ratio * items[i][1]) / bottom;
  for (const std::vector<double>& item : items)
    largest = std::max(largest, std::fabs(sign * item[0] / bottom));
  return ratio;
}

}  // namespace

bool all_zeros_and_ones(const ItemValues& items) {
  return std::all_of(items.begin(), items.end(), [](const std::vector<double>& item) {
    return item.size() == 1 && (item[0] == 0 || item[0] == 1);
  });
}

PairedCounts paired_counts(const ItemValues& a, const ItemValues& b) {
  PairedCounts counts;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool in_a = a[i][0] == 1, in_b = b[i][0] == 1;
    ++(in_a ? (in_b ? counts.both : counts.only_a) : (in_b ? counts.only_b : counts.neither));
  }
  return counts;
}

MeanError paired_mean_change(const ItemValues& a, const ItemValues& b,
                             const std::vector<std::string>& clusters) {
  std::vector<double> differences;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    differences.push_back(b[i][0] - a[i][0]);
    largest = std::max({largest, std::fabs(a[i][0]), std::fabs(b[i][0])});
  }
  MeanError out = mean_error(differences, clusters);
  out.stderr_value = beyond_rounding(out.stderr_value, largest, a.size());
  if (out.clusters > 0)
    out.df = df_of_sizes(sizes_by_cluster(std::vector<double>(a.size(), 1.0), clusters));
  return out;
}

bool is_exponentiated(const std::string& aggregation) {
  const RatioOf* ratio = find_ratio(aggregation);
  return ratio && ratio->exponentiated;
}

std::optional<MeanError> paired_ratio_change(const std::string& aggregation, const ItemValues& a,
                                             const ItemValues& b,
                                             const std::vector<std::string>& clusters) {
  const RatioOf* ratio = find_ratio(aggregation);
  if (!ratio) return std::nullopt;
  const std::vector<double> over_a = over(*ratio, a), under_a = under(*ratio, a);
  const std::vector<double> over_b = over(*ratio, b), under_b = under(*ratio, b);
  constexpr double scale = std::numbers::log2e;
  MeanError out = ratio->exponentiated
                      ? exp_ratio_change({over_a, under_a}, {over_b, under_b}, clusters, 1)
                      : ratio_change({over_a, under_a}, {over_b, under_b}, clusters, scale, scale);
  const auto df_of = [&](const std::vector<double>& sizes) {
    return df_of_sizes(out.clusters > 0 ? sizes_by_cluster(sizes, clusters) : sizes);
  };
  if (a.size() > 1) out.df = std::min(df_of(under_a), df_of(under_b));
  return out;
}

std::optional<PairedChange> paired_change(const std::string& aggregation, const ItemValues& a,
                                          const ItemValues& b,
                                          const std::vector<std::string>& clusters) {
  FLM_CHECK(a.size() == b.size(), "a change wants the same items");
  const std::optional<double> value_a = aggregate(aggregation, a),
                              value_b = aggregate(aggregation, b);
  if (!value_a || !value_b) return std::nullopt;
  if (aggregation == "mean") return mean_change(a, b, clusters);
  if (const auto ratio = paired_ratio_change(aggregation, a, b, clusters))
    return PairedChange{ratio->mean, finite(ratio->stderr_value)};
  return PairedChange{*value_b - *value_a, std::nullopt};
}

PairedChange stratified_ratio_change(const ItemValues& a, const ItemValues& b,
                                     const std::vector<std::size_t>& sizes, double scale) {
  FLM_CHECK(a.size() == b.size() && !a.empty(), "a change wants the same items");
  std::vector<double> moves(a.size());
  double largest = 0;
  const double ratio_b = add_moves(b, scale, moves, largest);
  const double ratio_a = add_moves(a, -scale, moves, largest);
  PairedChange out{scale * (ratio_b - ratio_a), std::nullopt};
  double variance = 0;
  std::size_t at = 0;
  for (const std::size_t size : sizes) {
    const double n = static_cast<double>(size);
    double sum = 0, squares = 0;
    for (std::size_t i = at; i < at + size; ++i) sum += moves[i];
    const double mean = size > 1 ? sum / n : 0;
    for (std::size_t i = at; i < at + size; ++i) squares += (moves[i] - mean) * (moves[i] - mean);
    variance += size > 1 ? n / (n - 1) * squares : squares;
    at += size;
  }
  if (a.size() > sizes.size())
    out.stderr_value = beyond_rounding(std::sqrt(variance), largest, a.size());
  return out;
}

}  // namespace flm
