// Scores of classifications: F1, Matthews correlation, Brier score.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace flm {

/// Counts of pairs {gold, predicted}, and the statistics that follow from them.
class ConfusionCounts {
 public:
  explicit ConfusionCounts(const std::vector<std::vector<double>>& pairs);

  /// The counts of a draw of pairs, with repeats.
  ConfusionCounts replicate(std::span<const std::uint32_t> drawn) const;

  /// scikit-learn's f1_score: F1 of class 1, 0 where neither gold nor prediction has it; NaN with
  /// more than two labels, or two without 1.
  double f1() const;
  /// scikit-learn's f1_score(average="weighted"): each label's F1 (0 where nothing has it),
  /// weighted by how often it is gold.
  double weighted_f1() const;
  /// average="macro": the mean of the labels' F1. average="micro": the share of equal pairs.
  double macro_f1() const;
  double micro_f1() const;
  /// As macro, without the greatest label where there are several.
  double macro_f1_but_last() const;
  /// A label's F1, 0 where nothing has it.
  double f1_of(double label) const;
  /// The mean of two labels' F1.
  double f1_of(double one, double other) const;
  /// The multi-class Matthews correlation coefficient; 0 where it is not defined.
  double matthews() const;

 private:
  ConfusionCounts() = default;
  /// How often the label at this place is gold, predicted, and both.
  struct LabelCounts {
    double gold = 0, predicted = 0, hits = 0;
    double f1() const { return gold + predicted > 0 ? 2 * hits / (gold + predicted) : 0; }
  };
  LabelCounts counts_of(std::size_t label) const;
  std::vector<double> labels_;        // sorted
  std::vector<std::uint32_t> cells_;  // cell of each pair: gold * labels + predicted
  std::vector<double> counts_;        // by cell
};

/// Of {gold, predicted}: the mean of the F1 of 0, of 1 and of 2, each 0 where nothing has it.
double three_class_f1(const std::vector<std::vector<double>>& items);

/// F1 of things found, over items {found, not there, missed}, as the mT5 evaluation smooths it.
double span_f1(const std::vector<std::vector<double>>& items);

// Evalita-LLM's.

/// Of {gold, predicted} among positive, negative, neutral and mixed (0 to 3): the mean F1 of
/// "positive or not" and "negative or not", each over both answers. NaN for another number.
double polarity_f1(const std::vector<std::vector<double>>& items);
/// Of items {predicted labels..., gold labels...}, all labels together: macro F1.
double listed_macro_f1(const std::vector<std::vector<double>>& items);
/// The same without the greatest label, where there are several.
double entity_f1(const std::vector<std::vector<double>>& items);
/// F1 of precision and recall over {share of the gold, answered, annotated}.
double substitution_f1(const std::vector<std::vector<double>>& items);

/// Mean squared distance of {gold, p0, p1, ...} to the one-hot gold; NaN for a gold out of range.
double brier_score(const std::vector<std::vector<double>>& items);

}  // namespace flm
