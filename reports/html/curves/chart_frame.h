// The frame of a chart over training: places to pixels, grid, axis, paths.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "reports/html/svg.h"

namespace flm {

struct ChartSize {
  double width = 720, height = 320;
  double points_a_pixel = 1;  // more points are thinned evenly
};

/// Of what is drawn on one axis; NaN and infinities are no part of it.
struct ChartRange {
  double left = 0, right = 1;
  bool any = false;
  void widen(double x);
};

/// x is logarithmic where all of it is above 0 and it spans more than a factor of 4.
class ChartFrame {
 public:
  ChartFrame(const ChartSize& size, const ChartRange& x, double low, double high);

  double x_at(double x) const;
  double y_at(double y) const;
  double left() const;  // pixels
  double foot() const;  // where the x axis lies
  const ChartSize& size() const { return size_; }
  /// <svg ...><title>, grid and axis; the caller adds what is drawn and "</svg>".
  std::string head(const std::string& title) const;
  /// A path through places (x, y), relative in tenths of pixels: "M52 10.5l3-1.2".
  std::string path(const std::vector<std::pair<double, double>>& places) const;

 private:
  std::string horizontal_grid() const;
  std::vector<double> x_ticks() const;
  std::string x_axis() const;

  ChartSize size_;
  ChartRange x_;
  bool logarithmic_ = false;
  Scale y_;
};

}  // namespace flm
