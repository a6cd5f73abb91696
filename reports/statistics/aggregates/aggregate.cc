#include "reports/statistics/aggregates/aggregate.h"

#include <algorithm>

#include "reports/statistics/aggregates/aggregations.h"
#include "reports/statistics/aggregates/bootstrap.h"
#include "reports/statistics/finite.h"

namespace flm {
namespace {

bool fits(const Aggregation& aggregation, const ItemValues& items) {
  return !items.empty() && std::all_of(items.begin(), items.end(), [&](const auto& item) {
    return item.size() >= aggregation.numbers &&
           (!aggregation.same_width || item.size() == items.front().size());
  });
}

/// Null where the aggregation is not known or cannot take these items.
const Aggregation* fitting(const std::string& name, const ItemValues& items) {
  const Aggregation* known = find_aggregation(name);
  return known && fits(*known, items) ? known : nullptr;
}

}  // namespace

std::vector<double> column(const ItemValues& items, std::size_t index) {
  std::vector<double> out(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) out[i] = items[i][index];
  return out;
}

std::optional<double> aggregate(const std::string& aggregation, const ItemValues& items) {
  const Aggregation* known = fitting(aggregation, items);
  return known ? finite(known->value(items)) : std::nullopt;
}

std::optional<double> item_figure(const std::string& aggregation, const std::vector<double>& item) {
  const Aggregation* known = find_aggregation(aggregation);
  if (!known) return item.size() == 1 ? finite(item.front()) : std::nullopt;
  if (!known->of_item || item.size() < known->numbers) return std::nullopt;
  return finite(known->of_item(item));
}

bool is_bootstrapped(const std::string& aggregation) {
  const Aggregation* known = find_aggregation(aggregation);
  return known && known->replicate && known->most_replicates > 0;
}

std::optional<double> aggregate_stderr(const std::string& aggregation, const ItemValues& items,
                                       Bootstrap bootstrap) {
  const Aggregation* known = fitting(aggregation, items);
  if (!known || items.size() < 2) return std::nullopt;
  if (known->error) return finite(known->error(items));
  bootstrap.iterations = std::min(bootstrap.iterations, known->most_replicates);
  if (!known->replicate || bootstrap.iterations <= 0) return std::nullopt;
  return finite(bootstrap_stderr(items.size(), known->replicate(items), bootstrap));
}

std::optional<NamedInterval> aggregate_interval(const std::string& aggregation,
                                                const ItemValues& items,
                                                const std::vector<std::string>& clusters,
                                                std::optional<double> stderr_value) {
  const std::optional<double> value = aggregate(aggregation, items);
  if (!value) return std::nullopt;
  const Aggregation& row = *find_aggregation(aggregation);
  if (row.interval) return row.interval(*value, items, clusters, stderr_value);
  return estimate_interval({error_part(&row, *value, items.size(), stderr_value)});
}

EstimatePart aggregate_part(const std::string& aggregation, double value, const ItemValues& items,
                            const std::vector<std::string>& clusters,
                            std::optional<double> stderr_value) {
  const Aggregation* known = find_aggregation(aggregation);
  if (known && known->part) return known->part(items, clusters);
  return error_part(known, value, items.size(), stderr_value);
}

}  // namespace flm
