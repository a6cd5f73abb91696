#include "reports/html/curve_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>

#include "reports/figures/figures.h"
#include "reports/html/escape.h"
#include "reports/html/svg.h"

namespace flm {
namespace {

constexpr double kLeft = 52, kRight = 14, kTop = 10, kBottom = 26;
constexpr std::size_t kMostPoints = 800;
constexpr double kDotRoom = 12;  // pixels that a dot wants for itself

using Points = std::vector<const CurvePoint*>;
using Level = std::function<std::optional<double>(const CurvePoint&)>;

/// One a pixel at most; the first and the last stay.
Points thinned(const Curve& curve, const ChartSize& size) {
  const std::size_t all = curve.points.size();
  const std::size_t most = std::min(kMostPoints, static_cast<std::size_t>(size.width));
  Points out;
  for (std::size_t i = 0; i < std::min(all, most); ++i)
    out.push_back(&curve.points[all <= most ? i : i * (all - 1) / (most - 1)]);
  return out;
}

class Chart {
 public:
  Chart(const Curve& curve, std::size_t axis, const ChartSize& size)
      : curve_(curve), axis_(axis), size_(size), points_(thinned(curve, size)) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    left_ = low, right_ = high;
    for (const CurvePoint* point : points_) {
      for (std::optional<double> y : {std::optional(point->value), point->low, point->high,
                                      point->steady_low, point->steady_high})
        if (y) low = std::min(low, *y), high = std::max(high, *y);
      widen(point->x.at(axis));
    }
    for (const CurveGap& gap : curve.gaps) widen(gap.x.at(axis));
    y_ = scale_over(low, high);
    logarithmic_ = left_ > 0 && right_ > 4 * left_;
  }

  std::string svg() const {
    const std::string width = fixed(size_.width, 0), height = fixed(size_.height, 0);
    std::string out = "<svg width=\"" + width + "\" height=\"" + height + "\" viewBox=\"0 0 " +
                      width + " " + height + "\" role=\"img\"><title>" + html_escaped(title()) +
                      "</title>";
    out += horizontal_grid() + x_axis() + sampling_band();
    for (const Level& level : {Level([](const CurvePoint& p) { return p.steady_low; }),
                               Level([](const CurvePoint& p) { return p.steady_high; })})
      out += line("band-checkpoint", level);
    out += line("curve", [](const CurvePoint& p) { return std::optional(p.value); });
    return out + dots() + gaps() + "</svg>";
  }

 private:
  void widen(double x) {
    left_ = std::min(left_, x);
    right_ = std::max(right_, x);
  }

  std::string title() const {
    if (points_.empty()) return curve_.name + ": no value yet";
    return curve_.name + ", " + curve_.metric + ": from " + fixed(points_.front()->value, 4) +
           " to " + fixed(points_.back()->value, 4) + " over " +
           std::to_string(curve_.points.size()) + " checkpoints";
  }

  double x_at(double x) const {
    const auto on = [&](double value) { return logarithmic_ ? std::log10(value) : value; };
    const double span = on(right_) - on(left_);
    const double share = span > 0 ? (on(x) - on(left_)) / span : 0.5;
    return kLeft + share * (size_.width - kLeft - kRight);
  }

  double y_at(double y) const {
    const double share = (y - y_.low) / (y_.high - y_.low);
    return size_.height - kBottom - share * (size_.height - kTop - kBottom);
  }

  std::string place(double x, double y) const {
    return fixed(x_at(x), 1) + " " + fixed(y_at(y), 1);
  }

  std::string horizontal_grid() const {
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

  std::vector<double> x_ticks() const {
    if (points_.empty()) return {};
    if (!logarithmic_) return ticks_of({left_, std::max(right_, left_ + 1e-9)}, 4);
    std::vector<double> out;
    const bool few = std::log10(right_ / left_) < 2;
    for (double power = std::pow(10, std::floor(std::log10(left_))); power <= right_; power *= 10)
      for (double factor : few ? std::vector<double>{1, 2, 5} : std::vector<double>{1})
        if (factor * power >= left_ && factor * power <= right_) out.push_back(factor * power);
    return out;
  }

  std::string x_axis() const {
    std::string out;
    const std::string y = fixed(size_.height - 8, 1);
    for (double tick : x_ticks())
      out += "<text x=\"" + fixed(x_at(tick), 1) + "\" y=\"" + y + "\" text-anchor=\"middle\">" +
             position_text(tick) + "</text>";
    return out;
  }

  std::string sampling_band() const {
    std::string there, back;
    for (const CurvePoint* point : points_) {
      if (!point->low || !point->high) continue;
      const double x = point->x.at(axis_);
      there += (there.empty() ? "M" : "L") + place(x, *point->high);
      back = "L" + place(x, *point->low) + back;
    }
    return there.empty() ? "" : "<path class=\"band-sampling\" d=\"" + there + back + "Z\"/>";
  }

  std::string line(const std::string& kind, const Level& level) const {
    std::string path;
    for (const CurvePoint* point : points_)
      if (const std::optional<double> y = level(*point))
        path += (path.empty() ? "M" : "L") + place(point->x.at(axis_), *y);
    return path.empty() ? "" : "<path class=\"" + kind + "\" d=\"" + path + "\"/>";
  }

  std::string dots() const {
    if (static_cast<double>(points_.size()) * kDotRoom > size_.width) return "";
    std::string out;
    for (const CurvePoint* point : points_)
      out += "<circle class=\"dot\" cx=\"" + fixed(x_at(point->x.at(axis_)), 1) + "\" cy=\"" +
             fixed(y_at(point->value), 1) + "\" r=\"3\"><title>" +
             html_escaped(point->checkpoint + ": " + fixed(point->value, 4)) + "</title></circle>";
    return out;
  }

  /// A stroke at the foot of the chart; its reason under the pointer and in the table.
  std::string gaps() const {
    std::string out;
    for (const CurveGap& gap : curve_.gaps) {
      const std::string x = fixed(x_at(gap.x.at(axis_)), 1);
      out += "<path class=\"gap\" d=\"M" + x + " " + fixed(size_.height - kBottom - 9, 1) +
             "v9\"><title>" + html_escaped(gap.checkpoint + ": " + gap.reason) + "</title></path>";
    }
    return out;
  }

  const Curve& curve_;
  const std::size_t axis_;
  const ChartSize size_;
  const Points points_;
  double left_ = 0, right_ = 1;
  bool logarithmic_ = false;
  Scale y_;
};

}  // namespace

std::string curve_svg(const Curve& curve, std::size_t axis, const ChartSize& size) {
  return Chart(curve, axis, size).svg();
}

std::string position_text(double x) {
  char text[32];
  const char* unit = "";
  if (std::fabs(x) >= 1e15) {
    std::snprintf(text, sizeof text, "%.3g", x);
    return text;
  }
  for (const auto& [size, name] : {std::pair{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "k"}}) {
    if (std::fabs(x) < size) continue;
    x /= size;
    unit = name;
    break;
  }
  std::snprintf(text, sizeof text, "%.4g%s", x, unit);
  return text;
}

}  // namespace flm
