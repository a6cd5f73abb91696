// From the values of items to a figure: lm-evaluation-harness's aggregations by name, and `bpb`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/statistics/aggregates/bootstrap.h"
#include "reports/statistics/aggregates/estimate_interval.h"

namespace flm {

/// One entry an item: one number, or several where the aggregation needs them (bits_per_byte
/// {logprob, bytes}, bpb {nll, bytes, tokens}, f1 and mcc {gold, predicted}, brier_score
/// {gold, p0, p1, ...}).
using ItemValues = std::vector<std::vector<double>>;

/// Null for an unknown aggregation, for items that it cannot take, and for what is not a finite
/// number. Sums run left to right as CPython 3.11's sum().
std::optional<double> aggregate(const std::string& aggregation, const ItemValues& items);

/// What one item alone says, in the unit and the direction of the figure: the number itself of a
/// mean, the bits of bpb, the perplexity of a text; of gold and predicted labels whether they are
/// equal. Null where items say something together alone (BLEU's counts), for an item without
/// values, and for what is not a finite number. An aggregation that is not known has the number of
/// an item that has one.
std::optional<double> item_figure(const std::string& aggregation, const std::vector<double>& item);

/// The standard error as lm-evaluation-harness gives it; null where it says "N/A" (one item, or
/// an aggregation that it has no error for). For `bpb` the ratio estimator's.
std::optional<double> aggregate_stderr(const std::string& aggregation, const ItemValues& items,
                                       Bootstrap bootstrap);
/// Whether the standard error of this aggregation is bootstrapped.
bool is_bootstrapped(const std::string& aggregation);

/// 95% interval of the aggregate; `clusters` is as long as `items` ("" = none).
std::optional<NamedInterval> aggregate_interval(const std::string& aggregation,
                                                const ItemValues& items,
                                                const std::vector<std::string>& clusters,
                                                std::optional<double> stderr_value);

/// An aggregate with its error, as a part of a group's figure: over items where it is their mean,
/// or a ratio of sums over them, else from its value and standard error (null: not known).
EstimatePart aggregate_part(const std::string& aggregation, double value, const ItemValues& items,
                            const std::vector<std::string>& clusters,
                            std::optional<double> stderr_value);

/// Column `index` of the items.
std::vector<double> column(const ItemValues& items, std::size_t index);

}  // namespace flm
