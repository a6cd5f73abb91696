// The 95% intervals of aggregations whose error and range do not say it, and what they are as parts
// of a group's figure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/statistics/aggregates/aggregate.h"
#include "reports/statistics/aggregates/estimate_interval.h"

namespace flm {

using Clusters = std::vector<std::string>;  // as long as the items; "" = none
using MaybeInterval = std::optional<NamedInterval>;

EstimatePart part_of_mean(const ItemValues& items, const Clusters& clusters);
EstimatePart part_of_bpb(const ItemValues& items, const Clusters& clusters);

// The value and its error, the first and the last argument, are what none of these needs.
MaybeInterval no_interval(double, const ItemValues&, const Clusters&, std::optional<double>);
MaybeInterval mean_interval(double, const ItemValues& items, const Clusters& clusters,
                            std::optional<double>);
/// The mean of the items that have a value.
MaybeInterval nan_mean_interval(double, const ItemValues& items, const Clusters& clusters,
                                std::optional<double>);
/// Between order statistics: as many items lie below the median of what they are drawn from as
/// heads fall in n throws. Null below six items, all of which do not reach 95%.
MaybeInterval median_interval(double, const ItemValues& items, const Clusters&,
                              std::optional<double>);
/// That of the mean loss, raised.
MaybeInterval perplexity_interval(double, const ItemValues& items, const Clusters& clusters,
                                  std::optional<double>);
/// The ratio of the first two columns over documents, on the logarithm: it stays on its side of 0.
MaybeInterval bpb_interval(double, const ItemValues& items, const Clusters&, std::optional<double>);
/// The same of log-probabilities, not losses; and raised.
MaybeInterval bits_interval(double, const ItemValues& items, const Clusters&,
                            std::optional<double>);
MaybeInterval weighted_perplexity_interval(double, const ItemValues& items, const Clusters&,
                                           std::optional<double>);

}  // namespace flm
