#include "reports/statistics/aggregates/aggregate_intervals.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "reports/statistics/distributions.h"
#include "reports/statistics/interval.h"

namespace flm {
namespace {

/// Of losses, which have no upper end: a mean below 1 is not a share.
MaybeInterval unbounded_above(const std::vector<double>& losses, const Clusters& clusters) {
  EstimatePart part = mean_part(losses, clusters);
  part.binary = false;
  part.most = kUnbounded;
  part.least = part.value >= 0 ? 0 : -kUnbounded;
  if (losses.size() < 2) return std::nullopt;
  return estimate_interval({part});
}

/// Of two columns over documents, on the logarithm.
MaybeInterval ratio_interval(const ItemValues& items, double sign) {
  if (items.size() < 2) return std::nullopt;
  Ratio ratio = ratio_estimate(column(items, 0), column(items, 1));
  ratio.value *= sign;
  MaybeInterval out = estimate_interval({ratio_part(ratio, items.size())});
  if (out) out->name = "ratio estimator, " + out->name;
  return out;
}

MaybeInterval in_bits(MaybeInterval nats) {
  if (nats) *nats = {nats->low / std::numbers::ln2, nats->high / std::numbers::ln2, nats->name};
  return nats;
}

}  // namespace

MaybeInterval no_interval(double, const ItemValues&, const Clusters&, std::optional<double>) {
  return std::nullopt;
}

EstimatePart part_of_mean(const ItemValues& items, const Clusters& clusters) {
  return mean_part(column(items, 0), clusters);
}

MaybeInterval mean_interval(double, const ItemValues& items, const Clusters& clusters,
                            std::optional<double>) {
  return estimate_interval({part_of_mean(items, clusters)});
}

MaybeInterval nan_mean_interval(double, const ItemValues& items, const Clusters& clusters,
                                std::optional<double>) {
  std::vector<double> values;
  Clusters their;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (std::isnan(items[i][0])) continue;
    values.push_back(items[i][0]);
    their.push_back(clusters[i]);
  }
  if (values.empty()) return std::nullopt;
  return estimate_interval({mean_part(values, their)});
}

MaybeInterval median_interval(double, const ItemValues& items, const Clusters&,
                              std::optional<double>) {
  std::vector<double> values = column(items, 0);
  std::sort(values.begin(), values.end());
  const double n = static_cast<double>(values.size());
  std::size_t below = 0;  // the most ranks that may be cut off each end: P(heads <= below - 1)
  // P(Bin(n, 1/2) <= k) = I_{1/2}(n - k, k + 1).
  while (static_cast<double>(below) < n / 2 &&
         regularized_beta(n - static_cast<double>(below), static_cast<double>(below) + 1, 0.5) <=
             0.025)
    ++below;
  if (below == 0) return std::nullopt;
  return NamedInterval{values[below - 1], values[values.size() - below], "order statistics"};
}

MaybeInterval perplexity_interval(double, const ItemValues& items, const Clusters& clusters,
                                  std::optional<double>) {
  std::vector<double> losses = column(items, 0);
  for (double& v : losses) v = -v;
  MaybeInterval out = unbounded_above(losses, clusters);
  if (out) *out = {std::exp(out->low), std::exp(out->high), out->name};
  return out;
}

EstimatePart part_of_bpb(const ItemValues& items, const Clusters&) {
  Ratio ratio = ratio_estimate(column(items, 0), column(items, 1));
  ratio.value /= std::numbers::ln2;
  ratio.stderr_value = items.size() < 2 ? NAN : ratio.stderr_value / std::numbers::ln2;
  return ratio_part(ratio, items.size());
}

MaybeInterval bpb_interval(double, const ItemValues& items, const Clusters&,
                           std::optional<double>) {
  return in_bits(ratio_interval(items, 1));
}

MaybeInterval bits_interval(double, const ItemValues& items, const Clusters&,
                            std::optional<double>) {
  return in_bits(ratio_interval(items, -1));
}

MaybeInterval weighted_perplexity_interval(double, const ItemValues& items, const Clusters&,
                                           std::optional<double>) {
  MaybeInterval out = ratio_interval(items, -1);
  if (out) *out = {std::exp(out->low), std::exp(out->high), out->name};
  return out;
}

}  // namespace flm
