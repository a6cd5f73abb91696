// The mean of paired differences of real values, with Student's t.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flm {

struct PairedMean {
  double difference = 0;    // B - A
  double stderr_value = 0;  // NaN for one item, as are `low`, `high` and `p`
  double df = 0;            // items - 1, or clusters - 1
  double low = 0, high = 0;
  /// Two-sided. Where the differences do not vary t says nothing: 1 if all are 0, else NaN.
  double p = 1;
  std::int64_t clusters = 0;  // 0: the items are taken as independent
};

/// A mean with its standard error, without Student's t around it, which costs far more.
struct MeanError {
  double mean = 0;
  double stderr_value = 0;  // NaN for one item
  double df = 0;
  std::int64_t clusters = 0;  // 0: the items are taken as independent
};

/// Of values over items, as paired_mean below.
MeanError mean_error(const std::vector<double>& values,
                     const std::vector<std::string>& clusters = {});

/// Of differences B - A over the same items, with `confidence`. Items of one cluster are taken
/// together, with clusters - 1 degrees of freedom, where the clusters say something
/// (clustered_error). The order of the items changes no bit. At least one item.
PairedMean paired_mean(const std::vector<double>& differences,
                       const std::vector<std::string>& clusters = {}, double confidence = 0.95);

/// An estimate with Student's interval and p around it; fields as above.
PairedMean with_student_t(double difference, double stderr_value, double df, std::int64_t clusters,
                          double confidence = 0.95);

}  // namespace flm
