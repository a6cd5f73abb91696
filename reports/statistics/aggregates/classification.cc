#include "reports/statistics/aggregates/classification.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace flm {

ConfusionCounts::ConfusionCounts(const std::vector<std::vector<double>>& items)
    : ConfusionCounts(items, false) {}

ConfusionCounts ConfusionCounts::of_lists(const std::vector<std::vector<double>>& items) {
  return ConfusionCounts(items, true);
}

ConfusionCounts::ConfusionCounts(const std::vector<std::vector<double>>& items, bool lists) {
  for (const auto& item : items)
    labels_.insert(labels_.end(), item.begin(),
                   item.begin() + static_cast<std::ptrdiff_t>(lists ? item.size() / 2 * 2 : 2));
  std::sort(labels_.begin(), labels_.end());
  labels_.erase(std::unique(labels_.begin(), labels_.end()), labels_.end());
  const auto index = [&](double label) {
    return static_cast<std::uint32_t>(std::lower_bound(labels_.begin(), labels_.end(), label) -
                                      labels_.begin());
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> places;
  const auto kind_of = [&](const Pair& pair) {
    const auto next = static_cast<std::uint32_t>(kinds_.size());
    const auto [place, is_new] = places.try_emplace({pair.gold, pair.predicted}, next);
    if (is_new) kinds_.push_back(pair);
    return place->second;
  };
  counts_.resize(labels_.size());
  ends_.reserve(items.size() + 1);
  ends_.push_back(0);
  for (const auto& item : items) {
    const std::size_t half = item.size() / 2;
    for (std::size_t i = 0; i < (lists ? half : 1); ++i)
      pairs_.push_back(kind_of(lists ? Pair{index(item[half + i]), index(item[i])}
                                     : Pair{index(item[0]), index(item[1])}));
    ends_.push_back(pairs_.size());
  }
  if (pairs_.size() == items.size() && !lists) ends_.clear();
  std::vector<std::uint32_t> times(kinds_.size());
  for (std::uint32_t kind : pairs_) ++times[kind];
  count(kinds_, times);
}

void ConfusionCounts::count(const std::vector<Pair>& kinds,
                            const std::vector<std::uint32_t>& times) {
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    const Pair& pair = kinds[kind];
    counts_[pair.gold].gold += times[kind];
    counts_[pair.predicted].predicted += times[kind];
    if (pair.gold == pair.predicted) counts_[pair.gold].hits += times[kind];
  }
}

ConfusionCounts ConfusionCounts::replicate(std::span<const std::uint32_t> drawn) const {
  std::vector<std::uint32_t> times(kinds_.size());
  if (ends_.empty())
    for (std::uint32_t i : drawn) ++times[pairs_[i]];
  else
    for (std::uint32_t i : drawn)
      for (std::size_t p = ends_[i]; p < ends_[i + 1]; ++p) ++times[pairs_[p]];
  ConfusionCounts out;
  out.labels_ = labels_;
  out.counts_.resize(counts_.size());
  out.count(kinds_, times);
  return out;
}

double ConfusionCounts::f1() const {
  const std::size_t k = labels_.size();
  const bool has_class = std::binary_search(labels_.begin(), labels_.end(), 1.0);
  if (k > 2 || (k == 2 && !has_class)) return std::numeric_limits<double>::quiet_NaN();
  return f1_of(1);
}

double ConfusionCounts::weighted_f1() const {
  double total = 0, n = 0;
  for (const LabelCounts& label : counts_) {
    total += label.gold * label.f1();
    n += label.gold;
  }
  return total / n;
}

double ConfusionCounts::macro_f1() const {
  double total = 0, labels = 0;
  for (const LabelCounts& label : counts_) {
    total += label.f1();
    labels += label.occurs();
  }
  return total / labels;
}

double ConfusionCounts::macro_f1_but_last() const {
  const auto last = std::find_if(counts_.rbegin(), counts_.rend(),
                                 [](const LabelCounts& label) { return label.occurs(); });
  double total = 0, labels = 0;
  for (auto label = counts_.begin(); label + 1 < last.base(); ++label) {
    total += label->f1();
    labels += label->occurs();
  }
  return labels == 0 ? macro_f1() : total / labels;
}

double ConfusionCounts::micro_f1() const {
  double hits = 0, n = 0;
  for (const LabelCounts& label : counts_) {
    hits += label.hits;
    n += label.gold;
  }
  return hits / n;
}

double ConfusionCounts::f1_of(double label) const {
  const auto found = std::lower_bound(labels_.begin(), labels_.end(), label);
  const bool there = found != labels_.end() && *found == label;
  return there ? counts_[static_cast<std::size_t>(found - labels_.begin())].f1() : 0;
}

double ConfusionCounts::f1_of(double one, double other) const {
  return (f1_of(one) + f1_of(other)) / 2;
}

double ConfusionCounts::three_class_f1() const { return (f1_of(0) + f1_of(1) + f1_of(2)) / 3; }
double ConfusionCounts::stance_f1() const { return f1_of(0, 2); }

double ConfusionCounts::matthews() const {
  double right = 0, n = 0;
  for (const LabelCounts& label : counts_) {
    right += label.hits;
    n += label.gold;
  }
  double both = right * n, var_gold = n * n, var_predicted = n * n;
  for (const LabelCounts& label : counts_) {
    both -= label.gold * label.predicted;
    var_gold -= label.gold * label.gold;
    var_predicted -= label.predicted * label.predicted;
  }
  return var_gold * var_predicted == 0 ? 0 : both / std::sqrt(var_gold * var_predicted);
}

double span_f1(std::span<const double> sums) {
  constexpr double kSmallest = 1e-13;
  const double found = sums[0], wrong = sums[1], missed = sums[2];
  const double precision = found / (found + wrong + kSmallest);
  const double recall = found / (found + missed + kSmallest);
  return 2.0 * ((precision * recall) / (precision + recall + kSmallest));
}

PolarityCounts::PolarityCounts(const std::vector<std::vector<double>>& items)
    : positive_(yes_or_no(items, 0)), negative_(yes_or_no(items, 1)) {}

PolarityCounts PolarityCounts::replicate(std::span<const std::uint32_t> drawn) const {
  return {positive_.replicate(drawn), negative_.replicate(drawn)};
}

double PolarityCounts::f1() const { return (positive_.f1_of(0, 1) + negative_.f1_of(0, 1)) / 2; }

ConfusionCounts PolarityCounts::yes_or_no(const std::vector<std::vector<double>>& items,
                                          double polarity) {
  const auto is = [&](double label) { return label == polarity || label == kMixed ? 1.0 : 0.0; };
  std::vector<std::vector<double>> pairs;
  for (const auto& item : items) pairs.push_back({is(item[0]), is(item[1])});
  return ConfusionCounts(pairs);
}

double polarity_f1(const std::vector<std::vector<double>>& items) {
  for (const auto& item : items)
    for (double label : {item[0], item[1]})
      if (label != 0 && label != 1 && label != 2 && label != PolarityCounts::kMixed)
        return std::numeric_limits<double>::quiet_NaN();
  return PolarityCounts(items).f1();
}

double substitution_f1(std::span<const double> sums) {
  const double hits = sums[0], answered = sums[1], annotated = sums[2];
  const double precision = hits / (answered == 0 ? 1 : answered);
  const double recall = hits / (annotated == 0 ? 1 : annotated);
  return precision + recall == 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

double brier_distance(std::span<const double> item) {
  const double classes = static_cast<double>(item.size() - 1);
  if (item[0] >= classes || item[0] < -classes || item[0] != std::floor(item[0]))
    return std::numeric_limits<double>::quiet_NaN();
  // numpy counts a negative gold from the end.
  const double gold = item[0] < 0 ? item[0] + classes : item[0];
  double total = 0;
  for (std::size_t c = 1; c < item.size(); ++c) {
    const double distance = item[c] - (static_cast<double>(c - 1) == gold ? 1 : 0);
    total += distance * distance;
  }
  return total;
}

}  // namespace flm
