#include "reports/statistics/aggregates/classification.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace flm {

ConfusionCounts::ConfusionCounts(const std::vector<std::vector<double>>& pairs) {
  for (const auto& pair : pairs) labels_.insert(labels_.end(), pair.begin(), pair.begin() + 2);
  std::sort(labels_.begin(), labels_.end());
  labels_.erase(std::unique(labels_.begin(), labels_.end()), labels_.end());
  const auto index = [&](double label) {
    return static_cast<std::uint32_t>(std::lower_bound(labels_.begin(), labels_.end(), label) -
                                      labels_.begin());
  };
  counts_.resize(labels_.size() * labels_.size());
  for (const auto& pair : pairs) {
    cells_.push_back(index(pair[0]) * static_cast<std::uint32_t>(labels_.size()) + index(pair[1]));
    ++counts_[cells_.back()];
  }
}

ConfusionCounts ConfusionCounts::replicate(std::span<const std::uint32_t> drawn) const {
  ConfusionCounts out;
  out.labels_ = labels_;
  out.counts_.resize(counts_.size());
  for (std::uint32_t i : drawn) ++out.counts_[cells_[i]];
  return out;
}

double ConfusionCounts::f1() const {
  const std::size_t k = labels_.size();
  const bool has_class = std::binary_search(labels_.begin(), labels_.end(), 1.0);
  if (k > 2 || (k == 2 && !has_class)) return std::numeric_limits<double>::quiet_NaN();
  double hits = 0, gold = 0, predicted = 0;
  for (std::size_t g = 0; g < k; ++g) {
    for (std::size_t p = 0; p < k; ++p) {
      const double count = counts_[g * k + p];
      if (labels_[g] == 1 && labels_[p] == 1) hits += count;
      if (labels_[g] == 1) gold += count;
      if (labels_[p] == 1) predicted += count;
    }
  }
  return gold + predicted == 0 ? 0 : 2 * hits / (gold + predicted);
}

ConfusionCounts::LabelCounts ConfusionCounts::counts_of(std::size_t label) const {
  const std::size_t k = labels_.size();
  LabelCounts out;
  for (std::size_t other = 0; other < k; ++other) {
    out.gold += counts_[label * k + other];
    out.predicted += counts_[other * k + label];
  }
  out.hits = counts_[label * k + label];
  return out;
}

double ConfusionCounts::weighted_f1() const {
  double total = 0, n = 0;
  for (std::size_t label = 0; label < labels_.size(); ++label) {
    const LabelCounts counts = counts_of(label);
    total += counts.gold * counts.f1();
    n += counts.gold;
  }
  return total / n;
}

double ConfusionCounts::macro_f1() const {
  double total = 0;
  for (std::size_t label = 0; label < labels_.size(); ++label) total += counts_of(label).f1();
  return total / static_cast<double>(labels_.size());
}

double ConfusionCounts::macro_f1_but_last() const {
  if (labels_.size() < 2) return macro_f1();
  double total = 0;
  for (std::size_t label = 0; label + 1 < labels_.size(); ++label) total += counts_of(label).f1();
  return total / static_cast<double>(labels_.size() - 1);
}

double ConfusionCounts::micro_f1() const {
  double hits = 0, n = 0;
  for (std::size_t label = 0; label < labels_.size(); ++label) {
    hits += counts_of(label).hits;
    n += counts_of(label).gold;
  }
  return hits / n;
}

double ConfusionCounts::f1_of(double label) const {
  const auto found = std::lower_bound(labels_.begin(), labels_.end(), label);
  const bool there = found != labels_.end() && *found == label;
  return there ? counts_of(static_cast<std::size_t>(found - labels_.begin())).f1() : 0;
}

double ConfusionCounts::f1_of(double one, double other) const {
  return (f1_of(one) + f1_of(other)) / 2;
}

double ConfusionCounts::matthews() const {
  const std::size_t k = labels_.size();
  std::vector<double> gold(k), predicted(k);
  double right = 0, n = 0;
  for (std::size_t g = 0; g < k; ++g) {
    for (std::size_t p = 0; p < k; ++p) {
      const double count = counts_[g * k + p];
      gold[g] += count;
      predicted[p] += count;
      n += count;
      if (g == p) right += count;
    }
  }
  double both = right * n, var_gold = n * n, var_predicted = n * n;
  for (std::size_t c = 0; c < k; ++c) {
    both -= gold[c] * predicted[c];
    var_gold -= gold[c] * gold[c];
    var_predicted -= predicted[c] * predicted[c];
  }
  return var_gold * var_predicted == 0 ? 0 : both / std::sqrt(var_gold * var_predicted);
}

double three_class_f1(const std::vector<std::vector<double>>& items) {
  const ConfusionCounts counts(items);
  return (counts.f1_of(0) + counts.f1_of(1) + counts.f1_of(2)) / 3;
}

double span_f1(const std::vector<std::vector<double>>& items) {
  constexpr double kSmallest = 1e-13;
  double found = 0, wrong = 0, missed = 0;
  for (const auto& item : items) {
    found += item[0];
    wrong += item[1];
    missed += item[2];
  }
  const double precision = found / (found + wrong + kSmallest);
  const double recall = found / (found + missed + kSmallest);
  return 2.0 * ((precision * recall) / (precision + recall + kSmallest));
}

double polarity_f1(const std::vector<std::vector<double>>& items) {
  std::vector<std::vector<double>> positive, negative;
  for (const auto& item : items) {
    const double gold = item[0], predicted = item[1];
    for (double label : {gold, predicted})
      if (label != 0 && label != 1 && label != 2 && label != 3)
        return std::numeric_limits<double>::quiet_NaN();
    const auto is = [](double label, double one) { return label == one || label == 3 ? 1.0 : 0.0; };
    positive.push_back({is(gold, 0), is(predicted, 0)});
    negative.push_back({is(gold, 1), is(predicted, 1)});
  }
  return (ConfusionCounts(positive).f1_of(0, 1) + ConfusionCounts(negative).f1_of(0, 1)) / 2;
}

namespace {

/// {gold, predicted} of every place of items {predicted..., gold...}.
ConfusionCounts listed_counts(const std::vector<std::vector<double>>& items) {
  std::vector<std::vector<double>> pairs;
  for (const auto& item : items)
    for (std::size_t i = 0; i < item.size() / 2; ++i)
      pairs.push_back({item[item.size() / 2 + i], item[i]});
  return ConfusionCounts(pairs);
}

}  // namespace

double listed_macro_f1(const std::vector<std::vector<double>>& items) {
  return listed_counts(items).macro_f1();
}

double entity_f1(const std::vector<std::vector<double>>& items) {
  return listed_counts(items).macro_f1_but_last();
}

double substitution_f1(const std::vector<std::vector<double>>& items) {
  double hits = 0, answered = 0, annotated = 0;
  for (const auto& item : items) {
    hits += item[0];
    answered += item[1];
    annotated += item[2];
  }
  const double precision = hits / (answered == 0 ? 1 : answered);
  const double recall = hits / (annotated == 0 ? 1 : annotated);
  return precision + recall == 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

double brier_score(const std::vector<std::vector<double>>& items) {
  double total = 0;
  for (const auto& item : items) {
    const double classes = static_cast<double>(item.size() - 1);
    if (item[0] >= classes || item[0] < -classes || item[0] != std::floor(item[0]))
      return std::numeric_limits<double>::quiet_NaN();
    // numpy counts a negative gold from the end.
    const double gold = item[0] < 0 ? item[0] + classes : item[0];
    for (std::size_t c = 1; c < item.size(); ++c) {
      const double distance = item[c] - (static_cast<double>(c - 1) == gold ? 1 : 0);
      total += distance * distance;
    }
  }
  return total / static_cast<double>(items.size());
}

}  // namespace flm
