#include "reports/statistics/aggregates/aggregations.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "base/numbers/numpy_sum.h"
#include "reports/statistics/aggregates/aggregate_intervals.h"
#include "reports/statistics/aggregates/bias_scores.h"
#include "reports/statistics/aggregates/classification.h"
#include "reports/statistics/aggregates/correlation.h"
#include "reports/statistics/aggregates/translation_scores.h"
#include "reports/statistics/interval.h"
#include "reports/statistics/rounding.h"
#include "reports/statistics/sums.h"

namespace flm {
namespace {

using Drawn = std::span<const std::uint32_t>;

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

double bypass(const ItemValues&) { return 999; }

template <auto score>
double of_counts(const ItemValues& items) {
  return (ConfusionCounts(items).*score)();
}
template <auto score>
double of_lists(const ItemValues& items) {
  return (ConfusionCounts::of_lists(items).*score)();
}

/// The first `columns` numbers of each item, added up over all items, or over some of them.
std::vector<double> column_sums(const ItemValues& items, std::size_t columns) {
  std::vector<double> sums(columns);
  for (const std::vector<double>& item : items)
    for (std::size_t c = 0; c < columns; ++c) sums[c] += item[c];
  return sums;
}

std::vector<double> column_sums(const ItemValues& items, std::size_t columns, Drawn drawn) {
  std::vector<double> sums(columns);
  for (std::uint32_t i : drawn)
    for (std::size_t c = 0; c < columns; ++c) sums[c] += items[i][c];
  return sums;
}

template <auto score, std::size_t columns>
double of_sums(const ItemValues& items) {
  return score(column_sums(items, columns));
}

/// Of sums over what `counts` makes of the items.
template <auto counts, auto score>
double of_counted(const ItemValues& items) {
  const ItemValues counted = counts(items);
  return score(column_sums(counted, counted.front().size()));
}

double share(std::span<const double> sums) { return sums[0] / sums[1]; }

double pearson_of_items(const ItemValues& items) {
  return pearson(column(items, 0), column(items, 1));
}

std::vector<double> brier_distances(const ItemValues& items) {
  std::vector<double> out;
  for (const std::vector<double>& item : items) out.push_back(brier_distance(item));
  return out;
}

double brier_score(const ItemValues& items) { return mean(brier_distances(items)); }

// One item alone.

double number_of_item(const std::vector<double>& item) { return item[0]; }

/// Gold and predicted: a count of labels says nothing of one item, but whether it is right does.
double is_right(const std::vector<double>& item) { return item[0] == item[1] ? 1 : 0; }

template <auto value>
double alone(const std::vector<double>& item) {
  return value({item});
}

// Standard errors in closed form.

double mean_error(const ItemValues& items) {
  const std::vector<double> values = column(items, 0);
  const double centre = mean(values), n = static_cast<double>(values.size());
  double squares = 0;
  for (double v : values) squares += (v - centre) * (v - centre);
  return beyond_rounding(std::sqrt(squares / (n - 1)) / std::sqrt(n), largest_of(values),
                         values.size());
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
ReplicateStatistic lists_replicate(const ItemValues& items) {
  return [counts = ConfusionCounts::of_lists(items)](Drawn drawn) {
    return (counts.replicate(drawn).*score)();
  };
}

ReplicateStatistic polarity_replicate(const ItemValues& items) {
  return [counts = PolarityCounts(items)](Drawn drawn) { return counts.replicate(drawn).f1(); };
}

ReplicateStatistic pearson_replicate(const ItemValues& items) {
  return [one = column(items, 0), other = column(items, 1)](Drawn drawn) {
    return pearson(drawn_values(one, drawn), drawn_values(other, drawn));
  };
}

ReplicateStatistic brier_replicate(const ItemValues& items) {
  return [distances = brier_distances(items)](Drawn drawn) {
    return mean(drawn_values(distances, drawn));
  };
}

template <auto score, std::size_t columns>
ReplicateStatistic sums_replicate(const ItemValues& items) {
  return [&items](Drawn drawn) { return score(column_sums(items, columns, drawn)); };
}

template <auto counts, auto score>
ReplicateStatistic counted_replicate(const ItemValues& items) {
  return [counted = counts(items)](Drawn drawn) {
    return score(column_sums(counted, counted.front().size(), drawn));
  };
}

// Rows.

/// sacreBLEU's scores out of sums over the items.
template <auto score, std::size_t numbers>
Aggregation translation(std::string name, double most) {
  return {.name = std::move(name),
          .numbers = numbers,
          .same_width = true,
          .value = of_sums<score, numbers>,
          .replicate = sums_replicate<score, numbers>,
          .most_replicates = kTranslationReplicates,
          .least = 0,
          .most = most};
}

/// Of several numbers an item, without a standard error.
Aggregation plain(std::string name, std::size_t numbers, double (*value)(const ItemValues&),
                  ReplicateStatistic (*replicate)(const ItemValues&), double least = 0,
                  double (*of_item)(const std::vector<double>&) = nullptr) {
  return {.name = std::move(name),
          .numbers = numbers,
          .value = value,
          .of_item = of_item,
          .replicate = replicate,
          .most_replicates = 0,
          .least = least,
          .most = 1};
}

template <auto score>
Aggregation plain_counts(std::string name) {
  return plain(std::move(name), 2, of_counts<score>, counts_replicate<score>, 0, is_right);
}

template <auto score>
Aggregation plain_lists(std::string name) {
  return plain(std::move(name), 2, of_lists<score>, lists_replicate<score>);
}

template <auto score, std::size_t numbers>
Aggregation plain_sums(std::string name, double least = 0) {
  return plain(std::move(name), numbers, of_sums<score, numbers>, sums_replicate<score, numbers>,
               least);
}

template <auto counts, auto score>
Aggregation plain_counted(std::string name, std::size_t numbers, double least) {
  return plain(std::move(name), numbers, of_counted<counts, score>,
               counted_replicate<counts, score>, least);
}

const std::vector<Aggregation>& aggregations() {
  static const std::vector<Aggregation> all = {
      {.name = "mean",
       .value = of_column<mean>,
       .of_item = number_of_item,
       .error = mean_error,
       .part = part_of_mean,
       .interval = mean_interval},
      {.name = "nanmean",
       .value = of_column<nan_mean>,
       .of_item = number_of_item,
       .replicate = column_replicate<nan_mean>,
       .interval = nan_mean_interval},
      {.name = "median",
       .value = of_column<median>,
       .of_item = number_of_item,
       .replicate = column_replicate<median>,
       .interval = median_interval},
      {.name = "perplexity",
       .value = of_column<perplexity>,
       .of_item = alone<of_column<perplexity>>,
       .replicate = perplexity_replicate,
       .least = 0,
       .interval = perplexity_interval},
      {.name = "weighted_perplexity",
       .numbers = 2,
       .value = weighted_perplexity,
       .of_item = alone<weighted_perplexity>,
       .least = 0,
       .interval = weighted_perplexity_interval},
      {.name = "bits_per_byte",
       .numbers = 2,
       .value = bits_per_byte,
       .of_item = alone<bits_per_byte>,
       .least = 0,
       .interval = bits_interval},
      {.name = "bpb",
       .numbers = 2,
       .value = bpb,
       .of_item = alone<bpb>,
       .error = bpb_error,
       .least = 0,
       .part = part_of_bpb,
       .interval = bpb_interval},
      {.name = "f1",
       .numbers = 2,
       .value = of_counts<&ConfusionCounts::f1>,
       .of_item = is_right,
       .replicate = counts_replicate<&ConfusionCounts::f1>,
       .least = 0,
       .most = 1},
      plain_counts<&ConfusionCounts::weighted_f1>("weighted_f1"),
      plain_counts<&ConfusionCounts::macro_f1>("macro_f1"),
      plain_counts<&ConfusionCounts::micro_f1>("micro_f1"),
      plain_counts<&ConfusionCounts::stance_f1>("stance_f1"),
      plain_counts<&ConfusionCounts::three_class_f1>("three_class_f1"),
      plain_lists<&ConfusionCounts::macro_f1>("listed_macro_f1"),
      plain_lists<&ConfusionCounts::macro_f1_but_last>("entity_f1"),
      plain("polarity_f1", 2, polarity_f1, polarity_replicate, 0, is_right),
      plain_sums<span_f1, 3>("span_f1"),
      plain_sums<substitution_f1, 3>("substitution_f1"),
      plain_sums<share, 2>("share"),
      plain_sums<stereotype_lean, 3>("stereotype_lean", -1),
      plain_sums<stereotype_accuracy_gap, 4>("stereotype_accuracy_gap", -1),
      plain_counted<ambiguous_answers, bbq_accuracy>("bbq_accuracy_ambiguous", 2, 0),
      plain_counted<disambiguated_answers, bbq_accuracy>("bbq_accuracy_disambiguated", 2, 0),
      plain_counted<ambiguous_biases, bbq_bias_of_wrong>("bbq_bias_ambiguous", 4, -1),
      plain_counted<disambiguated_biases, bbq_bias>("bbq_bias_disambiguated", 4, -1),
      plain("pearson", 2, pearson_of_items, pearson_replicate, -1),
      {.name = "mcc",
       .numbers = 2,
       .value = of_counts<&ConfusionCounts::matthews>,
       .of_item = is_right,
       .replicate = counts_replicate<&ConfusionCounts::matthews>,
       .least = -1,
       .most = 1},
      {.name = "brier_score",
       .numbers = 3,
       .same_width = true,
       .value = brier_score,
       .of_item = alone<brier_score>,
       .replicate = brier_replicate,
       .most_replicates = 0,
       .least = 0,
       .most = 2},
      translation<bleu_score, 10>("bleu", 100),
      translation<chrf_score, 18>("chrf", 100),
      translation<chrf_score, 24>("chrf++", 100),
      translation<ter_score, 2>("ter", kUnbounded),
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
