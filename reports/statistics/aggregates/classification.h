// Scores of classifications: F1, Matthews correlation, Brier score.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace flm {

/// How often labels are gold, predicted, and both, and the statistics that follow from that.
class ConfusionCounts {
 public:
  /// Of items {gold, predicted, ...}.
  explicit ConfusionCounts(const std::vector<std::vector<double>>& items);
  /// Of items {predicted labels..., gold labels...}, as many of either.
  static ConfusionCounts of_lists(const std::vector<std::vector<double>>& items);

  /// The counts of a draw of items, with repeats.
  ConfusionCounts replicate(std::span<const std::uint32_t> drawn) const;

  /// scikit-learn's f1_score: F1 of class 1, 0 where neither gold nor prediction has it; NaN with
  /// more than two labels, or two without 1.
  double f1() const;
  /// scikit-learn's f1_score(average="weighted"): each label's F1 (0 where nothing has it),
  /// weighted by how often it is gold.
  double weighted_f1() const;
  /// average="macro": the mean of the F1 of labels that occur. average="micro": the share of equal
  /// pairs.
  double macro_f1() const;
  double micro_f1() const;
  /// As macro, without the greatest label where there are several.
  double macro_f1_but_last() const;
  /// A label's F1, 0 where nothing has it.
  double f1_of(double label) const;
  /// The mean of two labels' F1.
  double f1_of(double one, double other) const;
  /// The mean of the F1 of 0, of 1 and of 2.
  double three_class_f1() const;
  /// BasqueGLUE's stances: for (0) and against (2), not those that are neither.
  double stance_f1() const;
  /// The multi-class Matthews correlation coefficient; 0 where it is not defined.
  double matthews() const;

 private:
  struct Pair {
    std::uint32_t gold, predicted;  // places in `labels_`
  };
  struct LabelCounts {
    double gold = 0, predicted = 0, hits = 0;
    double f1() const { return occurs() ? 2 * hits / (gold + predicted) : 0; }
    bool occurs() const { return gold + predicted > 0; }
  };
  ConfusionCounts() = default;
  ConfusionCounts(const std::vector<std::vector<double>>& items, bool lists);
  void count(const std::vector<Pair>& kinds, const std::vector<std::uint32_t>& times);

  std::vector<double> labels_;        // sorted
  std::vector<Pair> kinds_;           // the different pairs
  std::vector<std::uint32_t> pairs_;  // of one item after another: places in `kinds_`
  std::vector<std::size_t>
      ends_;  // [items + 1] where each item's pairs begin and end; none: one each
  std::vector<LabelCounts> counts_;  // [labels]
};

/// F1 of things found, over the sums of {found, not there, missed}, as the mT5 evaluation smooths
/// it.
double span_f1(std::span<const double> sums);

// Evalita-LLM's.

/// Of {gold, predicted} among positive, negative, neutral and mixed (0 to 3): "positive or not" and
/// "negative or not", each with its F1 over both answers.
class PolarityCounts {
 public:
  static constexpr double kMixed = 3;
  explicit PolarityCounts(const std::vector<std::vector<double>>& items);
  PolarityCounts replicate(std::span<const std::uint32_t> drawn) const;
  double f1() const;  // the mean of both

 private:
  PolarityCounts(ConfusionCounts positive, ConfusionCounts negative)
      : positive_(std::move(positive)), negative_(std::move(negative)) {}
  static ConfusionCounts yes_or_no(const std::vector<std::vector<double>>& items, double polarity);
  ConfusionCounts positive_, negative_;
};
/// NaN for a number that is no such label.
double polarity_f1(const std::vector<std::vector<double>>& items);

/// F1 of precision and recall over the sums of {share of the gold, answered, annotated}.
double substitution_f1(std::span<const double> sums);

/// Squared distance of {gold, p0, p1, ...} to the one-hot gold; NaN for a gold out of range.
double brier_distance(std::span<const double> item);

}  // namespace flm
