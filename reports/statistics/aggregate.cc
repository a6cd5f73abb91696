#include "reports/statistics/aggregate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <span>

#include "reports/statistics/bootstrap.h"
#include "reports/statistics/classification.h"
#include "reports/statistics/interval.h"
#include "reports/statistics/translation_scores.h"

namespace flm {
namespace {

constexpr int kTranslationIterations = 100;  // as lm-evaluation-harness limits them

double sum(std::span<const double> values) {
  double total = 0;
  for (double v : values) total += v;
  return total;
}

double mean(std::span<const double> values) {
  return sum(values) / static_cast<double>(values.size());
}

double mean_stderr(const std::vector<double>& values) {
  const double centre = mean(values), n = static_cast<double>(values.size());
  double squares = 0;
  for (double v : values) squares += (v - centre) * (v - centre);
  return std::sqrt(squares / (n - 1)) / std::sqrt(n);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;  // for an even number the upper one
}

/// numpy's pairwise summation.
double pairwise_sum(std::span<const double> a) {
  if (a.size() < 8) return sum(a);
  if (a.size() > 128) {
    std::size_t half = a.size() / 2;
    half -= half % 8;
    return pairwise_sum(a.first(half)) + pairwise_sum(a.subspan(half));
  }
  double r[8];
  std::copy_n(a.begin(), 8, r);
  std::size_t i = 8;
  for (; i + 8 <= a.size(); i += 8)
    for (std::size_t j = 0; j < 8; ++j) r[j] += a[i + j];
  double total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
  for (; i < a.size(); ++i) total += a[i];
  return total;
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
  return pairwise_sum(values) / counted;
}

/// Sum of the first column by the sum of the second.
double weighted_mean(const ItemValues& items) {
  return sum(column(items, 0)) / sum(column(items, 1));
}

bool is_translation(const std::string& name) {
  return name == "bleu" || name == "chrf" || name == "chrf++" || name == "ter";
}

double translation_score(const std::string& name, const std::vector<double>& sums) {
  if (name == "bleu") return bleu_score(sums);
  return name == "ter" ? ter_score(sums) : chrf_score(sums);
}

/// Added up over all items, or over those that a replicate drew.
std::vector<double> column_sums(const ItemValues& items) {
  std::vector<double> sums(items.front().size());
  for (const std::vector<double>& item : items)
    std::transform(item.begin(), item.end(), sums.begin(), sums.begin(), std::plus<>());
  return sums;
}

std::vector<double> column_sums(const ItemValues& items, std::span<const std::uint32_t> drawn) {
  std::vector<double> sums(items.front().size());
  for (std::uint32_t i : drawn)
    std::transform(items[i].begin(), items[i].end(), sums.begin(), sums.begin(), std::plus<>());
  return sums;
}

double raw_aggregate(const std::string& name, const ItemValues& items) {
  if (name == "mean") return mean(column(items, 0));
  if (name == "nanmean") return nan_mean(column(items, 0));
  if (name == "median") return median(column(items, 0));
  if (name == "perplexity") return std::exp(-mean(column(items, 0)));
  if (name == "weighted_perplexity") return std::exp(-weighted_mean(items));
  if (name == "bits_per_byte") return -weighted_mean(items) / std::numbers::ln2;
  if (name == "bpb") return sum(column(items, 0)) / (std::numbers::ln2 * sum(column(items, 1)));
  if (name == "f1") return ConfusionCounts(items).f1();
  if (name == "mcc") return ConfusionCounts(items).matthews();
  if (is_translation(name)) return translation_score(name, column_sums(items));
  return brier_score(items);
}

/// Numbers an item needs for an aggregation; 0: an aggregation that is not known.
std::size_t numbers_needed(const std::string& name) {
  static const std::map<std::string, std::size_t> needed = {
      {"mean", 1},          {"nanmean", 1},
      {"median", 1},        {"perplexity", 1},
      {"bits_per_byte", 2}, {"weighted_perplexity", 2},
      {"bpb", 2},           {"f1", 2},
      {"mcc", 2},           {"brier_score", 3},
      {"bleu", 10},         {"chrf", 18},
      {"chrf++", 24},       {"ter", 2}};
  const auto found = needed.find(name);
  return found == needed.end() ? 0 : found->second;
}

bool fits(const std::string& name, const ItemValues& items) {
  const std::size_t needed = numbers_needed(name);
  return needed > 0 && !items.empty() && std::all_of(items.begin(), items.end(), [&](auto& item) {
           return name == "brier_score"
                      ? item.size() == items.front().size() && item.size() >= needed
                      : item.size() >= needed;
         });
}

bool is_proportion(const std::string& name, const ItemValues& items) {
  return name == "mean" && std::all_of(items.begin(), items.end(),
                                       [](auto& item) { return item[0] == 0 || item[0] == 1; });
}

std::vector<double> drawn_values(const std::vector<double>& values,
                                 std::span<const std::uint32_t> drawn) {
  std::vector<double> out(drawn.size());
  for (std::size_t i = 0; i < drawn.size(); ++i) out[i] = values[drawn[i]];
  return out;
}

ReplicateStatistic replicate_statistic(const std::string& name, const ItemValues& items) {
  if (name == "f1" || name == "mcc") {
    return [counts = ConfusionCounts(items), f1 = name == "f1"](std::span<const std::uint32_t> d) {
      const ConfusionCounts replicate = counts.replicate(d);
      return f1 ? replicate.f1() : replicate.matthews();
    };
  }
  if (is_translation(name)) {
    return [&items, name](std::span<const std::uint32_t> drawn) {
      return translation_score(name, column_sums(items, drawn));
    };
  }
  const std::vector<double> values = column(items, 0);
  if (name == "perplexity") {
    return [values](std::span<const std::uint32_t> drawn) {
      double total = 0;
      for (std::uint32_t i : drawn) total += values[i];
      return std::exp(-(total / static_cast<double>(drawn.size())));
    };
  }
  if (name == "median")
    return [values](std::span<const std::uint32_t> d) { return median(drawn_values(values, d)); };
  return [values](std::span<const std::uint32_t> d) { return nan_mean(drawn_values(values, d)); };
}

NamedInterval around(double value, double half, std::string name) {
  return {value - half, value + half, std::move(name)};
}

std::string with_df(const std::string& name, double df) {
  return name + ", t with " + std::to_string(static_cast<long long>(df)) + " df";
}

NamedInterval proportion_interval(const ItemValues& items) {
  const double n = static_cast<double>(items.size()), successes = sum(column(items, 0));
  const bool exact = n < 40 || successes == 0 || successes == n;
  const Interval bounds = exact ? clopper_pearson(successes, n) : wilson(successes, n);
  return {bounds.low, bounds.high, exact ? "Clopper-Pearson" : "Wilson"};
}

/// Intervals of ratios of sums: over documents, mapped to the scale of the figure.
std::optional<NamedInterval> ratio_interval(const std::string& aggregation,
                                            const ItemValues& items) {
  if (items.size() < 2) return std::nullopt;
  const Ratio ratio = ratio_estimate(column(items, 0), column(items, 1));
  const double df = static_cast<double>(items.size() - 1);
  NamedInterval out =
      around(ratio.value, student_t95(df) * ratio.stderr_value, with_df("ratio estimator", df));
  if (aggregation != "bpb") out = {-out.high, -out.low, out.name};  // log-probabilities, not losses
  const auto scale = [&](double v) {
    return aggregation == "weighted_perplexity" ? std::exp(v) : v / std::numbers::ln2;
  };
  return NamedInterval{scale(out.low), scale(out.high), out.name};
}

}  // namespace

std::vector<double> column(const ItemValues& items, std::size_t index) {
  std::vector<double> out(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) out[i] = items[i][index];
  return out;
}

std::optional<double> aggregate(const std::string& aggregation, const ItemValues& items) {
  if (aggregation == "bypass" && !items.empty()) return 999;
  if (!fits(aggregation, items)) return std::nullopt;
  const double value = raw_aggregate(aggregation, items);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

bool is_bootstrapped(const std::string& aggregation) {
  return aggregation == "perplexity" || aggregation == "median" || aggregation == "nanmean" ||
         aggregation == "f1" || aggregation == "mcc" || is_translation(aggregation);
}

std::optional<double> aggregate_stderr(const std::string& aggregation, const ItemValues& items,
                                       int bootstrap_iterations) {
  if (items.size() < 2 || !fits(aggregation, items)) return std::nullopt;
  std::optional<double> out;
  if (aggregation == "mean") out = mean_stderr(column(items, 0));
  if (aggregation == "bpb") {
    const Ratio ratio = ratio_estimate(column(items, 0), column(items, 1));
    out = ratio.stderr_value / std::numbers::ln2;
  }
  if (is_bootstrapped(aggregation) && bootstrap_iterations > 0)
    out = bootstrap_stderr(items.size(), replicate_statistic(aggregation, items),
                           is_translation(aggregation)
                               ? std::min(bootstrap_iterations, kTranslationIterations)
                               : bootstrap_iterations);
  return out && std::isfinite(*out) ? out : std::nullopt;
}

std::optional<NamedInterval> aggregate_interval(const std::string& aggregation,
                                                const ItemValues& items,
                                                const std::vector<std::string>& clusters,
                                                std::optional<double> stderr_value) {
  const std::optional<double> value = aggregate(aggregation, items);
  if (!value || aggregation == "bypass") return std::nullopt;
  if (aggregation == "bpb" || aggregation == "bits_per_byte" ||
      aggregation == "weighted_perplexity") {
    return ratio_interval(aggregation, items);
  }
  if (aggregation == "mean") {
    if (const auto clustered = clustered_error(column(items, 0), clusters)) {
      const double df = static_cast<double>(clustered->clusters - 1);
      return around(*value, student_t95(df) * clustered->stderr_value, with_df("clustered", df));
    }
  }
  if (is_proportion(aggregation, items)) return proportion_interval(items);
  if (aggregation == "perplexity" && items.size() > 1) {  // normal on the scale of the mean
    const double half = kNormal95 * mean_stderr(column(items, 0));
    return NamedInterval{*value * std::exp(-half), *value * std::exp(half),
                         "normal of the logarithm"};
  }
  if (!stderr_value) return std::nullopt;
  return around(*value, kNormal95 * *stderr_value, "normal");
}

}  // namespace flm
