#include "reports/statistics/differences/paired_real.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "base/errors.h"
#include "reports/statistics/distributions.h"
#include "reports/statistics/interval.h"
#include "reports/statistics/rounding.h"
#include "reports/statistics/sums.h"

namespace flm {
namespace {

/// Items by cluster and value. Sums depend on the order of what is added: here on the items alone.
std::optional<ClusteredError> sorted_error(const std::vector<double>& values,
                                           const std::vector<std::string>& clusters) {
  std::vector<std::pair<std::string_view, double>> items;
  for (std::size_t i = 0; i < values.size(); ++i) items.emplace_back(clusters[i], values[i]);
  std::sort(items.begin(), items.end());
  std::vector<double> sorted_values;
  std::vector<std::string> sorted_clusters;
  for (const auto& [cluster, value] : items) {
    sorted_clusters.emplace_back(cluster);
    sorted_values.push_back(value);
  }
  return clustered_error(sorted_values, sorted_clusters);
}

/// sqrt(sum (d - mean)^2 / (n - 1) / n).
double plain_error(const std::vector<double>& values, double mean) {
  const double n = static_cast<double>(values.size());
  if (values.size() < 2) return NAN;
  double squares = 0;
  for (double v : values) squares += (v - mean) * (v - mean);
  return beyond_rounding(std::sqrt(squares / (n - 1) / n), largest_of(values), values.size());
}

}  // namespace

PairedMean with_student_t(double difference, double stderr_value, double df, std::int64_t clusters,
                          double confidence) {
  PairedMean out{difference, stderr_value, df, NAN, NAN, NAN, clusters};
  if (!(stderr_value >= 0) || df <= 0) return out;
  const double half = -student_t_quantile((1 - confidence) / 2, df) * stderr_value;
  out.low = difference - half;
  out.high = difference + half;
  if (stderr_value > 0) out.p = student_t_two_sided_p(difference / stderr_value, df);
  if (stderr_value == 0 && difference == 0) out.p = 1;
  return out;
}

MeanError mean_error(const std::vector<double>& values, const std::vector<std::string>& clusters) {
  FLM_CHECK(!values.empty(), "a mean wants items");
  FLM_CHECK(clusters.empty() || clusters.size() == values.size(), "a cluster for each item");
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const double n = static_cast<double>(sorted.size());
  const double mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / n;
  if (in_clusters(clusters)) {
    if (const auto clustered = sorted_error(values, clusters)) {
      const double df = static_cast<double>(clustered->clusters - 1);
      return {mean, clustered->stderr_value, df, clustered->clusters};
    }
  }
  return {mean, plain_error(sorted, mean), n - 1, 0};
}

PairedMean paired_mean(const std::vector<double>& differences,
                       const std::vector<std::string>& clusters, double confidence) {
  const MeanError of = mean_error(differences, clusters);
  return with_student_t(of.mean, of.stderr_value, of.df, of.clusters, confidence);
}

}  // namespace flm
