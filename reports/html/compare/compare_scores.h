// The parts of a comparison's page that show figures.
#pragma once

#include <string>
#include <vector>

#include "reports/comparison.h"

namespace flm {

/// The metric that is judged, where it was compared; null otherwise.
const MetricComparison* judged(const ComparisonRow& row);

/// The outermost rows that have a judged metric: those of Holm's family.
std::vector<const ComparisonRow*> judged_rows(const Contrast& contrast);

/// What the samples of a task have behind its name in the page: "" in the first contrast, " AC".
std::string sample_suffix(const Comparison& comparison, const Contrast& contrast);

/// Who is better at what, in a sentence of HTML.
std::string contrast_verdict(const Comparison& comparison, const Contrast& contrast);

/// The forest plot: a line each of the outermost rows, what lies below them and further metrics
/// folded. `linked`: names lead to the list of samples.
std::string forest_tables(const Comparison& comparison, const Contrast& contrast, bool linked);

/// Tasks that were not compared, or over a part of their items, and why; "" where there are none.
std::string not_compared_table(const Comparison& comparison, const Contrast& contrast);

/// Of three and more runs: every two of them, and Cochran's Q.
std::string pair_matrices(const Comparison& comparison);

}  // namespace flm
