#include "reports/html/curves/chart_frame.h"

#include <algorithm>
#include <cmath>

#include "reports/figures/figures.h"
#include "reports/html/escape.h"

namespace flm {
namespace {

constexpr double kLeft = 52, kRight = 14, kTop = 10, kBottom = 26;

/// Tenths as the shortest number: "-1.2", ".5", "3".
std::string tenths_text(long tenths) {
  std::string out = tenths < 0 ? "-" : "";
  const long size = std::labs(tenths);
  if (size >= 10 || size == 0) out += std::to_string(size / 10);
  if (size % 10 != 0) out += "." + std::to_string(size % 10);
  return out;
}

/// Two numbers, apart by a space where the second has no sign.
std::string pair_text(long x, long y) {
  return tenths_text(x) + (y < 0 ? "" : " ") + tenths_text(y);
}

}  // namespace

void ChartRange::widen(double x) {
  if (!std::isfinite(x)) return;
  left = any ? std::min(left, x) : x;
  right = any ? std::max(right, x) : x;
  any = true;
}

ChartFrame::ChartFrame(const ChartSize& size, const ChartRange& x, double low, double high)
    : size_(size),
      x_(x),
      logarithmic_(x.left > 0 && x.right > 4 * x.left),
      y_(scale_over(low, high)) {}

double ChartFrame::left() const { return kLeft; }

double ChartFrame::foot() const { return size_.height - kBottom; }

double ChartFrame::x_at(double x) const {
  const auto on = [&](double value) { return logarithmic_ ? std::log10(value) : value; };
  const double span = on(x_.right) - on(x_.left);
  const double share = span > 0 ? (on(x) - on(x_.left)) / span : 0.5;
  return kLeft + share * (size_.width - kLeft - kRight);
}

double ChartFrame::y_at(double y) const {
  const double share = share_between(y_.low, y_.high, y);
  return size_.height - kBottom - share * (size_.height - kTop - kBottom);
}

std::string ChartFrame::head(const std::string& title) const {
  const std::string width = fixed(size_.width, 0), height = fixed(size_.height, 0);
  return "<svg width=\"" + width + "\" height=\"" + height + "\" viewBox=\"0 0 " + width + " " +
         height + "\" role=\"img\"><title>" + html_escaped(title) + "</title>" + horizontal_grid() +
         x_axis();
}

std::string ChartFrame::path(const std::vector<std::pair<double, double>>& places) const {
  std::string out;
  long last_x = 0, last_y = 0;
  for (const auto& [x, y] : places) {
    const long to_x = std::lround(10 * x_at(x)), to_y = std::lround(10 * y_at(y));
    out +=
        out.empty() ? "M" + pair_text(to_x, to_y) : "l" + pair_text(to_x - last_x, to_y - last_y);
    last_x = to_x;
    last_y = to_y;
  }
  return out;
}

std::string ChartFrame::horizontal_grid() const {
  constexpr int kLines = 4;
  std::string out;
  for (double tick : ticks_of(y_, kLines)) {
    const std::string y = fixed(y_at(tick), 1);
    out += "<line class=\"grid\" x1=\"52\" y1=\"" + y + "\" x2=\"" +
           fixed(size_.width - kRight, 1) + "\" y2=\"" + y + "\"/><text x=\"46\" y=\"" +
           fixed(y_at(tick) + 4, 1) + "\" text-anchor=\"end\">" + tick_text(y_, kLines, tick) +
           "</text>";
  }
  return out;
}

std::vector<double> ChartFrame::x_ticks() const {
  if (!x_.any) return {};
  if (x_.right <= x_.left) return {x_.left};  // one point
  if (!logarithmic_) return ticks_of({x_.left, x_.right}, 4);
  std::vector<double> out;
  const bool few = std::log10(x_.right / x_.left) < 2;
  for (double power = std::pow(10, std::floor(std::log10(x_.left))); power <= x_.right; power *= 10)
    for (double factor : few ? std::vector<double>{1, 2, 5} : std::vector<double>{1})
      if (factor * power >= x_.left && factor * power <= x_.right) out.push_back(factor * power);
  return out;
}

std::string ChartFrame::x_axis() const {
  std::string out;
  const std::string y = fixed(size_.height - 8, 1);
  for (double tick : x_ticks())
    out += "<text x=\"" + fixed(x_at(tick), 1) + "\" y=\"" + y + "\" text-anchor=\"middle\">" +
           position_text(tick) + "</text>";
  return out;
}

}  // namespace flm
