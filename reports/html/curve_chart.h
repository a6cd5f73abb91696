// One curve as SVG: the line, a band of sampling error, dashed lines of checkpoint noise, gaps.
#pragma once

#include <cstddef>
#include <string>

#include "reports/html/curves.h"

namespace flm {

struct ChartSize {
  double width = 720, height = 320;
};

/// x is logarithmic where all of it is above 0. More points than pixels are thinned evenly; the
/// table beside the chart has them all. `axis` is an index into Curves::axes.
std::string curve_svg(const Curve& curve, std::size_t axis, const ChartSize& size);

/// "1.2k", "3M", "4.5e18": a position on the x axis.
std::string position_text(double x);

}  // namespace flm
