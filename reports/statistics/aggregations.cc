#include "reports/statistics/aggregations.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <span>

#include "base/numpy_sum.h"
#include "reports/statistics/classification.h"
#include "reports/statistics/interval.h"
#include "reports/statistics/translation_scores.h"

namespace flm {
namespace {

using Clusters = std::vector<std::string>;
using Drawn = std::span<const std::uint32_t>;
using MaybeInterval = std::optional<NamedInterval>;

constexpr int kTranslationReplicates = 100;  // as lm-evaluation-harness limits them

// Values.

double sum(std::span<const double> values) {
  double total = 0;
  for (double v : values) total += v;
  return total;
}

double mean(std::span<const double> values) {
  return sum(values) / static_cast<double>(values.size());
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;  // for an even number the upper one
}

double nan_mean(std::vector<double> values) {
  double counted = 0;
  for (double& v : values) {
    if (std::isnan(v)) {
      v = 0;
    } else {
      ++counted;
    }
  }
  return numpy_sum(values) / counted;
}

/// Of the first number of each item.
template <auto function>
double of_column(const ItemValues& items) {
  return function(column(items, 0));
}

double perplexity(const std::vector<double>& logprobs) { return std::exp(-mean(logprobs)); }

/// Sum of the first column by the sum of the second.
double weighted_mean(const ItemValues& items) {
  return sum(column(items, 0)) / sum(column(items, 1));
}

double weighted_perplexity(const ItemValues& items) { return std::exp(-weighted_mean(items)); }

double bits_per_byte(const ItemValues& items) { return -weighted_mean(items) / std::numbers::ln2; }

double bpb(const ItemValues& items) {
  return sum(column(items, 0)) / (std::numbers::ln2 * sum(column(items, 1)));
}

double f1(const ItemValues& items) { return ConfusionCounts(items).f1(); }
double matthews(const ItemValues& items) { return ConfusionCounts(items).matthews(); }
double bypass(const ItemValues&) { return 999; }

/// Added up over all items, or over those that a replicate drew.
std::vector<double> column_sums(const ItemValues& items) {
  std::vector<double> sums(items.front().size());
  for (const std::vector<double>& item : items)
    std::transform(item.begin(), item.end(), sums.begin(), sums.begin(), std::plus<>());
  return sums;
}

std::vector<double> column_sums(const ItemValues& items, Drawn drawn) {
  std::vector<double> sums(items.front().size());
  for (std::uint32_t i : drawn)
    std::transform(items[i].begin(), items[i].end(), sums.begin(), sums.begin(), std::plus<>());
  return sums;
}

template <auto score>
double of_sums(const ItemValues& items) {
  return score(column_sums(items));
}

// Standard errors in closed form.

double mean_error(const ItemValues& items) {
  const std::vector<double> values = column(items, 0);
  const double centre = mean(values), n = static_cast<double>(values.size());
  double squares = 0;
  for (double v : values) squares += (v - centre) * (v - centre);
  return std::sqrt(squares / (n - 1)) / std::sqrt(n);
}

double bpb_error(const ItemValues& items) {
  return ratio_estimate(column(items, 0), column(items, 1)).stderr_value / std::numbers::ln2;
}

// Replicates of the bootstrap.

std::vector<double> drawn_values(const std::vector<double>& values, Drawn drawn) {
  std::vector<double> out(drawn.size());
  for (std::size_t i = 0; i < drawn.size(); ++i) out[i] = values[drawn[i]];
  return out;
}

template <auto function>
ReplicateStatistic column_replicate(const ItemValues& items) {
  return [values = column(items, 0)](Drawn drawn) { return function(drawn_values(values, drawn)); };
}

ReplicateStatistic perplexity_replicate(const ItemValues& items) {
  return [values = column(items, 0)](Drawn drawn) {  // without a copy of what was drawn
    double total = 0;
    for (std::uint32_t i : drawn) total += values[i];
    return std::exp(-(total / static_cast<double>(drawn.size())));
  };
}

template <auto score>
ReplicateStatistic counts_replicate(const ItemValues& items) {
  return
      [counts = ConfusionCounts(items)](Drawn drawn) { return (counts.replicate(drawn).*score)(); };
}

template <auto score>
ReplicateStatistic sums_replicate(const ItemValues& items) {
  return [&items](Drawn drawn) { return score(column_sums(items, drawn)); };
}

// Intervals.

NamedInterval around(double value, double half, std::string name) {
  return {value - half, value + half, std::move(name)};
}

std::string with_df(const std::string& name, double df) {
  return name + ", t with " + std::to_string(static_cast<long long>(df)) + " df";
}

MaybeInterval no_interval(double, const ItemValues&, const Clusters&, std::optional<double>) {
  return std::nullopt;
}

MaybeInterval normal(double value, const ItemValues&, const Clusters&,
                     std::optional<double> error) {
  if (!error) return std::nullopt;
  return around(value, kNormal95 * *error, "normal");
}

bool is_proportion(const ItemValues& items) {
  return std::all_of(items.begin(), items.end(),
                     [](const auto& item) { return item[0] == 0 || item[0] == 1; });
}

NamedInterval proportion_interval(const ItemValues& items) {
  const double n = static_cast<double>(items.size()), successes = sum(column(items, 0));
  const bool exact = n < 40 || successes == 0 || successes == n;
  const Interval bounds = exact ? clopper_pearson(successes, n) : wilson(successes, n);
  return {bounds.low, bounds.high, exact ? "Clopper-Pearson" : "Wilson"};
}

MaybeInterval mean_interval(double value, const ItemValues& items, const Clusters& clusters,
                            std::optional<double> error) {
  if (const auto clustered = clustered_error(column(items, 0), clusters)) {
    const double df = static_cast<double>(clustered->clusters - 1);
    return around(value, student_t95(df) * clustered->stderr_value, with_df("clustered", df));
  }
  if (is_proportion(items)) return proportion_interval(items);
  return normal(value, items, clusters, error);
}

/// Normal on the scale of the mean.
MaybeInterval perplexity_interval(double value, const ItemValues& items, const Clusters& clusters,
                                  std::optional<double> error) {
  if (items.size() < 2) return normal(value, items, clusters, error);
  const double half = kNormal95 * mean_error(items);
  return NamedInterval{value * std::exp(-half), value * std::exp(half), "normal of the logarithm"};
}

/// The ratio of the first two columns, over documents.
MaybeInterval ratio_interval(const ItemValues& items) {
  if (items.size() < 2) return std::nullopt;
  const Ratio ratio = ratio_estimate(column(items, 0), column(items, 1));
  const double df = static_cast<double>(items.size() - 1);
  return around(ratio.value, student_t95(df) * ratio.stderr_value, with_df("ratio estimator", df));
}

MaybeInterval bpb_interval(double, const ItemValues& items, const Clusters&,
                           std::optional<double>) {
  MaybeInterval out = ratio_interval(items);
  if (out) *out = {out->low / std::numbers::ln2, out->high / std::numbers::ln2, out->name};
  return out;
}

/// Of log-probabilities, not losses: the ends change places.
MaybeInterval bits_interval(double, const ItemValues& items, const Clusters&,
                            std::optional<double>) {
  MaybeInterval out = ratio_interval(items);
  if (out) *out = {-out->high / std::numbers::ln2, -out->low / std::numbers::ln2, out->name};
  return out;
}

MaybeInterval weighted_perplexity_interval(double, const ItemValues& items, const Clusters&,
                                           std::optional<double>) {
  MaybeInterval out = ratio_interval(items);
  if (out) *out = {std::exp(-out->high), std::exp(-out->low), out->name};
  return out;
}

/// sacreBLEU's scores out of sums over the items.
template <auto score>
Aggregation translation(std::string name, std::size_t numbers) {
  return {.name = std::move(name),
          .numbers = numbers,
          .value = of_sums<score>,
          .replicate = sums_replicate<score>,
          .most_replicates = kTranslationReplicates,
          .interval = normal};
}

const std::vector<Aggregation>& aggregations() {
  static const std::vector<Aggregation> all = {
      {.name = "mean", .value = of_column<mean>, .error = mean_error, .interval = mean_interval},
      {.name = "nanmean",
       .value = of_column<nan_mean>,
       .replicate = column_replicate<nan_mean>,
       .interval = normal},
      {.name = "median",
       .value = of_column<median>,
       .replicate = column_replicate<median>,
       .interval = normal},
      {.name = "perplexity",
       .value = of_column<perplexity>,
       .replicate = perplexity_replicate,
       .interval = perplexity_interval},
      {.name = "weighted_perplexity",
       .numbers = 2,
       .value = weighted_perplexity,
       .interval = weighted_perplexity_interval},
      {.name = "bits_per_byte", .numbers = 2, .value = bits_per_byte, .interval = bits_interval},
      {.name = "bpb", .numbers = 2, .value = bpb, .error = bpb_error, .interval = bpb_interval},
      {.name = "f1",
       .numbers = 2,
       .value = f1,
       .replicate = counts_replicate<&ConfusionCounts::f1>,
       .interval = normal},
      {.name = "mcc",
       .numbers = 2,
       .value = matthews,
       .replicate = counts_replicate<&ConfusionCounts::matthews>,
       .interval = normal},
      {.name = "brier_score",
       .numbers = 3,
       .same_width = true,
       .value = brier_score,
       .interval = normal},
      translation<bleu_score>("bleu", 10),
      translation<chrf_score>("chrf", 18),
      translation<chrf_score>("chrf++", 24),
      translation<ter_score>("ter", 2),
      {.name = "bypass", .numbers = 0, .value = bypass, .interval = no_interval},
  };
  return all;
}

}  // namespace

const Aggregation* find_aggregation(const std::string& name) {
  for (const Aggregation& aggregation : aggregations()) {
    if (aggregation.name == name) return &aggregation;
  }
  return nullptr;
}

}  // namespace flm
