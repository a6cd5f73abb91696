// Figures as a reader asked for them, for tables: files for programs keep them as they are.
#pragma once

#include <optional>
#include <string>

#include "reports/report.h"

namespace flm {

struct FigureStyle {
  std::optional<int> digits = {};  // after the point; null: what the error supports
  bool percent = false;            // accuracies and the like as 24.7 and not as 0.247
};

/// The report with its scores' figures in that style. What is_share is
/// shown as percent.
Report in_style(Report report, const FigureStyle& style);

/// "acc", "acc, %": the metric with the unit of its figures.
std::string metric_with_unit(const Score& score);

}  // namespace flm
