// 95% intervals and the standard errors behind them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/numbers/normal95.h"

namespace flm {

struct Interval {
  double low = 0, high = 0;
};

/// Wilson's score interval of a proportion; z: the normal distribution's two-sided point.
Interval wilson(double successes, double n, double z = kNormal95);
/// The exact interval: for few items, and where all or none succeed; `tail` lies on either side.
Interval clopper_pearson(double successes, double n, double tail = 0.025);

struct Ratio {
  double value = 0, stderr_value = 0;  // the error is 0 for one item: nothing is known of it
  double df = 0;  // of the error: Kish's number of items by `under` less 1; strata: Satterthwaite's
};
/// Sum of `over` by sum of `under`, with the ratio estimator's error over items
/// sqrt(n / (n-1) * sum e^2) / sum(under), e = over - value * under.
Ratio ratio_estimate(const std::vector<double>& over, const std::vector<double>& under);
/// The same where the items are drawn within fixed strata, one after another of the sizes given:
/// what lies between strata is no error. A stratum of one item adds its whole deviation, as if with
/// one degree of freedom.
Ratio stratified_ratio(const std::vector<double>& over, const std::vector<double>& under,
                       const std::vector<std::size_t>& sizes);

struct ClusteredError {
  double stderr_value = 0;
  std::int64_t clusters = 0;
  double effective = 0;  // Kish's number of clusters, n^2 / sum of squared sizes
};
/// Degrees of freedom of an error to which items add by their sizes: Kish's number of them less 1,
/// (sum)^2 / sum of squares - 1, and at least 1. Of equal sizes that is n - 1, with which Student's
/// t finds too many differences where one long document or one large cluster makes most of a sum.
double df_of_sizes(std::span<const double> sizes);
/// Whether every item has a cluster: where one has none, all are independent.
bool in_clusters(const std::vector<std::string>& clusters);
/// Error of a mean whose items come in clusters; null where there is nothing to cluster: an item
/// without a cluster, one cluster only, or every item its own.
std::optional<ClusteredError> clustered_error(const std::vector<double>& values,
                                              const std::vector<std::string>& clusters);

}  // namespace flm
