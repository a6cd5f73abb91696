// Flips: items that one run has right and the other wrong, with both answers.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reports/comparison.h"

namespace flm {

struct Flip {
  const ComparisonRow* row = nullptr;
  const MetricComparison* metric = nullptr;  // that is judged
  std::size_t pair = 0;                      // index into the row's pairs
  bool lost = false;                         // right in the reference, wrong in the other
  std::optional<double> margin_a, margin_b;  // null: no choices
};

/// Of the main metrics that are zeros and ones: the lost ones first, by how much of the margin was
/// lost, then those without margins in the rows' order; the won ones in the same way.
std::vector<Flip> flips_of(const Contrast& contrast);

/// A flip as text without control characters; the answers are not cut.
struct FlipText {
  std::string task, doc, change;  // "lost", "won"
  std::string margins;            // "+1.20 to -0.35"; "" where there are no choices
  std::string gold, a, b;
};

FlipText describe(const Comparison& comparison, const Contrast& contrast, const Flip& flip);

/// "3 of 12 flips (5 lost, 7 won)".
std::string count_text(const std::vector<Flip>& flips, std::size_t listed);

}  // namespace flm
