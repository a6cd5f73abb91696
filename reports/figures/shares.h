// Which figures are shares, from 0 to 1: those alone are shown as percent, in points, on one axis.
#pragma once

#include "reports/comparison.h"
#include "reports/report.h"

namespace flm {

/// By the metric's name: a figure between 0 and 1 may be one of 0 to 100, as SQuAD's f1 and BLEU
/// are, or a mean margin. Where the name says so, the figures that are known have to lie between
/// 0 and 1, too.
bool is_share(const Score& score);

/// Likewise; right and wrong answers are shares whatever the metric's name.
bool is_share(const MetricComparison& metric);

}  // namespace flm
