#include "reports/html/curves/loss_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "reports/figures/figures.h"
#include "reports/html/escape.h"

namespace flm {
namespace {

using Places = std::vector<std::pair<double, double>>;

/// Paths between breaks; in a pixel the lowest and the highest, in the order in which they come.
std::string paths_of(const LossLine& line, std::size_t axis, const ChartFrame& frame) {
  std::string out;
  Places path, pixel;
  long at = std::numeric_limits<long>::min();
  const auto end_pixel = [&] {
    if (pixel.empty()) return;
    const auto by_loss = [](const auto& a, const auto& b) { return a.second < b.second; };
    auto [low, high] = std::minmax_element(pixel.begin(), pixel.end(), by_loss);
    if (high < low) std::swap(low, high);
    path.push_back(*low);
    if (high != low) path.push_back(*high);
    pixel.clear();
  };
  const auto end_path = [&] {
    end_pixel();
    out += frame.path(path);
    path.clear();
  };
  for (std::size_t i = 0; i < line.losses.size(); ++i) {
    const double x = line.x[i].at(axis), y = line.losses[i];
    if (!std::isfinite(x)) continue;
    if (!std::isfinite(y)) {
      end_path();
      continue;
    }
    const long to = std::lround(frame.x_at(x));
    if (to != at) end_pixel();
    at = to;
    pixel.emplace_back(x, y);
  }
  end_path();
  return out;
}

ChartFrame frame_of(const LossPanel& panel, const ChartSize& size, const ChartRange& range) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const LossLine& line : panel.lines)
    for (double y : line.losses)
      if (std::isfinite(y)) low = std::min(low, y), high = std::max(high, y);
  return {size, range, low, high};
}

std::string stroke(double x, double y, const std::string& text) {
  return "<path class=\"gap\" d=\"M" + fixed(x, 1) + " " + fixed(y - 9, 1) + "v9\"><title>" +
         html_escaped(text) + "</title></path>";
}

}  // namespace

bool has_place(const LossPanel& panel, std::size_t axis) {
  for (const LossLine& line : panel.lines)
    for (const CurvePlace& x : line.x)
      if (std::isfinite(x.at(axis))) return true;
  return false;
}

void widen(ChartRange& range, const LossPanel& panel, std::size_t axis) {
  for (const LossLine& line : panel.lines)
    for (const CurvePlace& x : line.x) range.widen(x.at(axis));
}

std::string loss_svg(const LossPanel& panel, std::size_t axis, const ChartSize& size,
                     const ChartRange& range) {
  const ChartFrame frame = frame_of(panel, size, range);
  std::string out = frame.head(panel.name + " over training");
  for (const bool lost : {true, false})  // the live line lies on top
    for (const LossLine& line : panel.lines)
      if (line.lost == lost)
        out += "<path class=\"" + std::string(lost ? "lost" : "curve") + "\" d=\"" +
               paths_of(line, axis, frame) + "\"/>";
  for (const CurveMark& mark : panel.spikes)
    if (std::isfinite(mark.x.at(axis)))
      out += "<path class=\"spike\" d=\"M" + fixed(frame.x_at(mark.x.at(axis)), 1) + " " +
             fixed(frame.y_at(mark.value) - 5, 1) + "l-4-7h8z\"><title>" + html_escaped(mark.text) +
             "</title></path>";
  for (const CurveGap& bad : panel.bad)
    if (std::isfinite(bad.x.at(axis)))
      out += stroke(frame.x_at(bad.x.at(axis)), frame.foot(), bad.checkpoint + ": " + bad.reason);
  return out + "</svg>";
}

}  // namespace flm
