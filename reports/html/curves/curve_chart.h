// One curve as SVG: the line, a band of item error, dashed lines of checkpoint noise, gaps, spikes.
#pragma once

#include <cstddef>
#include <string>

#include "reports/html/curves/chart_frame.h"
#include "reports/html/curves/curves.h"

namespace flm {

/// Where the curve lies on an axis, with its gaps and what was extrapolated.
void widen(ChartRange& range, const Curve& curve, std::size_t axis);

/// The band is 1.96 paired errors of the change since the point before, where the curve has
/// changes, else the 95% interval of the values. More points than pixels are thinned evenly; the
/// table beside the chart has them all. `axis` is an index into Curves::axes.
std::string curve_svg(const Curve& curve, std::size_t axis, const ChartSize& size,
                      const ChartRange& range);
std::string curve_svg(const Curve& curve, std::size_t axis, const ChartSize& size);

}  // namespace flm
