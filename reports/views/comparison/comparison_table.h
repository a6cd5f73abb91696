// The lines of a comparison: the one table that the terminal, Markdown and LaTeX show.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reports/comparison.h"
#include "reports/figures/compared_figures.h"

namespace flm {

struct ComparedLine {
  const ComparisonRow* row = nullptr;  // of the first contrast that has it
  std::string name;                    // without control characters
  std::string metric;                  // "acc ↑", "exact_match (strict-match) ↑"
  bool main = false;
  std::vector<ComparedFigures> figures;  // [contrasts]
};

struct ComparedTable {
  std::vector<ComparedLine> lines;
  std::size_t folded_rows = 0, folded_metrics = 0;  // left out of `lines`
};

/// The rows and metrics that were compared in any contrast, in the rows' order. Without `all`, a
/// group that has a figure stands for what is below it, and a row has its main metric alone.
ComparedTable make_compared_table(const Comparison& comparison, bool all);

/// The name that people see, without control characters.
std::string shown_name(const ComparisonRow& row);
std::string shown_name(const ManyRuns& many);

/// "acc ↑", "exact_match (strict-match) ↓".
std::string shown_metric(const MetricComparison& metric);

}  // namespace flm
