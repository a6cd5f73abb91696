#include "reports/statistics/aggregates/aggregations.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <span>

#include "base/numbers/numpy_sum.h"
#include "reports/statistics/aggregates/bias_scores.h"
#include "reports/statistics/aggregates/classification.h"
#include "reports/statistics/aggregates/correlation.h"
#include "reports/statistics/aggregates/translation_scores.h"
#include "reports/statistics/distributions.h"
#include "reports/statistics/interval.h"
#include "reports/statistics/sums.h"

namespace flm {
namespace {

using Clusters = std::vector<std::string>;
using Drawn = std::span<const std::uint32_t>;
using MaybeInterval = std::optional<NamedInterval>;

constexpr int kTranslationReplicates = 100;  // as lm-evaluation-harness limits them

// Values.

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
double weighted_f1(const ItemValues& items) { return ConfusionCounts(items).weighted_f1(); }
double macro_f1(const ItemValues& items) { return ConfusionCounts(items).macro_f1(); }
double micro_f1(const ItemValues& items) { return ConfusionCounts(items).micro_f1(); }
/// BasqueGLUE's stances: for and against, not those that are neither.
double stance_f1(const ItemValues& items) { return ConfusionCounts(items).f1_of(0, 2); }
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

/// The mean of the items that have a value.
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

/// Between order statistics: as many items lie below the median of what they are drawn from as
/// heads fall in n throws. Null below six items, all of which do not reach 95%.
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

/// Of losses, which have no upper end: a mean below 1 is not a share.
MaybeInterval unbounded_above(const std::vector<double>& losses, const Clusters& clusters) {
  EstimatePart part = mean_part(losses, clusters);
  part.binary = false;
  part.most = kUnbounded;
  part.least = part.value >= 0 ? 0 : -kUnbounded;
  if (losses.size() < 2) return std::nullopt;
  return estimate_interval({part});
}

/// That of the mean loss, raised.
MaybeInterval perplexity_interval(double, const ItemValues& items, const Clusters& clusters,
                                  std::optional<double>) {
  std::vector<double> losses = column(items, 0);
  for (double& v : losses) v = -v;
  MaybeInterval out = unbounded_above(losses, clusters);
  if (out) *out = {std::exp(out->low), std::exp(out->high), out->name};
  return out;
}

/// The ratio of the first two columns over documents, on the logarithm: it stays on its side of 0.
MaybeInterval ratio_interval(const ItemValues& items, double sign) {
  if (items.size() < 2) return std::nullopt;
  Ratio ratio = ratio_estimate(column(items, 0), column(items, 1));
  ratio.value *= sign;
  MaybeInterval out = estimate_interval({ratio_part(ratio, items.size())});
  if (out) out->name = "ratio estimator, " + out->name;
  return out;
}

EstimatePart part_of_bpb(const ItemValues& items, const Clusters&) {
  Ratio ratio = ratio_estimate(column(items, 0), column(items, 1));
  ratio.value /= std::numbers::ln2;
  ratio.stderr_value = items.size() < 2 ? NAN : ratio.stderr_value / std::numbers::ln2;
  return ratio_part(ratio, items.size());
}

MaybeInterval in_bits(MaybeInterval nats) {
  if (nats) *nats = {nats->low / std::numbers::ln2, nats->high / std::numbers::ln2, nats->name};
  return nats;
}

MaybeInterval bpb_interval(double, const ItemValues& items, const Clusters&,
                           std::optional<double>) {
  return in_bits(ratio_interval(items, 1));
}

/// Of log-probabilities, not losses.
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

/// sacreBLEU's scores out of sums over the items.
template <auto score>
Aggregation translation(std::string name, std::size_t numbers, double most) {
  return {.name = std::move(name),
          .numbers = numbers,
          .same_width = true,
          .value = of_sums<score>,
          .replicate = sums_replicate<score>,
          .most_replicates = kTranslationReplicates,
          .least = 0,
          .most = most};
}

/// Of several numbers an item, without a standard error.
Aggregation plain(std::string name, std::size_t numbers, double (*value)(const ItemValues&),
                  double least) {
  return {.name = std::move(name), .numbers = numbers, .value = value, .least = least, .most = 1};
}

const std::vector<Aggregation>& aggregations() {
  static const std::vector<Aggregation> all = {
      {.name = "mean",
       .value = of_column<mean>,
       .error = mean_error,
       .part = part_of_mean,
       .interval = mean_interval},
      {.name = "nanmean",
       .value = of_column<nan_mean>,
       .replicate = column_replicate<nan_mean>,
       .interval = nan_mean_interval},
      {.name = "median",
       .value = of_column<median>,
       .replicate = column_replicate<median>,
       .interval = median_interval},
      {.name = "perplexity",
       .value = of_column<perplexity>,
       .replicate = perplexity_replicate,
       .least = 0,
       .interval = perplexity_interval},
      {.name = "weighted_perplexity",
       .numbers = 2,
       .value = weighted_perplexity,
       .least = 0,
       .interval = weighted_perplexity_interval},
      {.name = "bits_per_byte",
       .numbers = 2,
       .value = bits_per_byte,
       .least = 0,
       .interval = bits_interval},
      {.name = "bpb",
       .numbers = 2,
       .value = bpb,
       .error = bpb_error,
       .least = 0,
       .part = part_of_bpb,
       .interval = bpb_interval},
      {.name = "f1",
       .numbers = 2,
       .value = f1,
       .replicate = counts_replicate<&ConfusionCounts::f1>,
       .least = 0,
       .most = 1},
      plain("weighted_f1", 2, weighted_f1, 0),
      plain("macro_f1", 2, macro_f1, 0),
      plain("micro_f1", 2, micro_f1, 0),
      plain("stance_f1", 2, stance_f1, 0),
      plain("three_class_f1", 2, three_class_f1, 0),
      plain("span_f1", 3, span_f1, 0),
      plain("polarity_f1", 2, polarity_f1, 0),
      plain("entity_f1", 2, entity_f1, 0),
      plain("listed_macro_f1", 2, listed_macro_f1, 0),
      plain("substitution_f1", 3, substitution_f1, 0),
      plain("share", 2, weighted_mean, 0),
      plain("bbq_accuracy_ambiguous", 2, bbq_accuracy_ambiguous, 0),
      plain("bbq_accuracy_disambiguated", 2, bbq_accuracy_disambiguated, 0),
      plain("bbq_bias_ambiguous", 4, bbq_bias_ambiguous, -1),
      plain("bbq_bias_disambiguated", 4, bbq_bias_disambiguated, -1),
      plain("stereotype_lean", 3, stereotype_lean, -1),
      plain("stereotype_accuracy_gap", 4, stereotype_accuracy_gap, -1),
      plain("pearson", 2, pearson, -1),
      {.name = "mcc",
       .numbers = 2,
       .value = matthews,
       .replicate = counts_replicate<&ConfusionCounts::matthews>,
       .least = -1,
       .most = 1},
      {.name = "brier_score",
       .numbers = 3,
       .same_width = true,
       .value = brier_score,
       .least = 0,
       .most = 2},
      translation<bleu_score>("bleu", 10, 100),
      translation<chrf_score>("chrf", 18, 100),
      translation<chrf_score>("chrf++", 24, 100),
      translation<ter_score>("ter", 2, kUnbounded),
      {.name = "bypass", .numbers = 0, .value = bypass, .interval = no_interval},
  };
  return all;
}

}  // namespace

EstimatePart error_part(const Aggregation* aggregation, double value, std::size_t items,
                        std::optional<double> error) {
  EstimatePart out;
  out.value = value;
  out.variance = error ? *error * *error : NAN;
  out.items = out.draws = static_cast<double>(items);
  if (items > 1) out.df = out.items - 1;
  if (aggregation) out.least = aggregation->least, out.most = aggregation->most;
  return out;
}

const Aggregation* find_aggregation(const std::string& name) {
  for (const Aggregation& aggregation : aggregations()) {
    if (aggregation.name == name) return &aggregation;
  }
  return nullptr;
}

}  // namespace flm
