// The change of an aggregate between two runs over the same items, with its standard error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/statistics/aggregates/aggregate.h"
#include "reports/statistics/differences/paired_binary.h"
#include "reports/statistics/differences/paired_real.h"

namespace flm {

/// Each item is one number, 0 or 1: right or wrong.
bool all_zeros_and_ones(const ItemValues& items);

/// Items of zeros and ones by which of the runs was right.
PairedCounts paired_counts(const ItemValues& a, const ItemValues& b);

/// The mean of B's first numbers less A's; its error is 0 where rounding alone explains it. At
/// least one item.
MeanError paired_mean_change(const ItemValues& a, const ItemValues& b,
                             const std::vector<std::string>& clusters);

/// Of a figure that is a ratio of two sums over the items: bits per byte, perplexities (those by
/// the delta method). Nothing for other aggregations. At least one item.
std::optional<MeanError> paired_ratio_change(const std::string& aggregation, const ItemValues& a,
                                             const ItemValues& b,
                                             const std::vector<std::string>& clusters);

/// Whether such a figure is the exponential of a ratio.
bool is_exponentiated(const std::string& aggregation);

/// A change that is held against its error alone or as one of a sum: task_part says which.
struct PairedChange {
  double difference = 0;               // B - A
  std::optional<double> stderr_value;  // null: one item, or it would have to be bootstrapped
};

/// Of any aggregation; null where a run has no value over the items. `clusters` is as long as the
/// items ("" = none).
std::optional<PairedChange> paired_change(const std::string& aggregation, const ItemValues& a,
                                          const ItemValues& b,
                                          const std::vector<std::string>& clusters);

/// Of sum of the first number by sum of the second over items that are drawn within fixed strata,
/// one after another of the sizes given, times `scale`: what lies between strata is no error. A
/// stratum of one item adds its whole deviation.
PairedChange stratified_ratio_change(const ItemValues& a, const ItemValues& b,
                                     const std::vector<std::size_t>& sizes, double scale);

}  // namespace flm
