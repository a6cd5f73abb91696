// Every aggregation: one row says all of it. What the rows have in common is aggregate.h's.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "reports/statistics/aggregates/aggregate.h"
#include "reports/statistics/aggregates/bootstrap.h"
#include "reports/statistics/aggregates/estimate_interval.h"

namespace flm {

/// Functions of the values of all items; each item has at least `numbers` of them.
struct Aggregation {
  std::string name;
  std::size_t numbers = 1;
  bool same_width = false;  // every item has as many numbers as the first
  double (*value)(const ItemValues& items);
  /// What one item alone says, in the unit and the direction of the value; null: nothing.
  double (*of_item)(const std::vector<double>& item) = nullptr;
  /// The standard error in closed form; null: bootstrapped, or there is none.
  double (*error)(const ItemValues& items) = nullptr;
  /// The value of some of the items, with repeats, for bootstraps and exchanges; null: what has a
  /// standard error of its own. `items` outlive it.
  ReplicateStatistic (*replicate)(const ItemValues& items) = nullptr;
  /// Of the bootstrap behind a standard error in reports; 0: they have none.
  int most_replicates = std::numeric_limits<int>::max();
  double least = -kUnbounded, most = kUnbounded;  // of what the value can be
  /// As a part of a group's figure; null: from its value and standard error.
  EstimatePart (*part)(const ItemValues& items, const std::vector<std::string>& clusters) = nullptr;
  /// The 95% interval around `value`; null: from its standard error, within its range.
  std::optional<NamedInterval> (*interval)(double value, const ItemValues& items,
                                           const std::vector<std::string>& clusters,
                                           std::optional<double> error) = nullptr;
};

/// What a value and its standard error alone say; `aggregation` may be null.
EstimatePart error_part(const Aggregation* aggregation, double value, std::size_t items,
                        std::optional<double> error);

/// Null for a name that is not known.
const Aggregation* find_aggregation(const std::string& name);

}  // namespace flm
