// A trainer's logged loss as SVG, on the x of the curves below it.
#pragma once

#include <cstddef>
#include <string>

#include "reports/html/curves/chart_frame.h"
#include "reports/html/curves/curves.h"

namespace flm {

/// Whether any of it has a place on the axis.
bool has_place(const LossPanel& panel, std::size_t axis);

void widen(ChartRange& range, const LossPanel& panel, std::size_t axis);

/// The live line, lost branches thin, NaN as breaks with a stroke at the foot, spikes marked. Of
/// the points of one pixel the lowest and the highest are drawn: no spike is thinned away.
std::string loss_svg(const LossPanel& panel, std::size_t axis, const ChartSize& size,
                     const ChartRange& range);

}  // namespace flm
