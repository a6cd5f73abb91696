#include "reports/html/curves/curve_chart.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/numbers/normal95.h"
#include "reports/figures/figures.h"
#include "reports/html/escape.h"

namespace flm {
namespace {

constexpr std::size_t kMostPoints = 800;
constexpr double kDotRoom = 12;  // pixels that a dot wants for itself

using Points = std::vector<const CurvePoint*>;
using Level = std::function<std::optional<double>(const CurvePoint&)>;
using Places = std::vector<std::pair<double, double>>;

/// Those that have a place, thinned; the first and the last stay.
Points thinned(const Curve& curve, std::size_t axis, const ChartSize& size) {
  Points placed;
  for (const CurvePoint& point : curve.points)
    if (std::isfinite(point.x.at(axis))) placed.push_back(&point);
  const std::size_t all = placed.size();
  const std::size_t most =
      std::min(kMostPoints, static_cast<std::size_t>(size.width * size.points_a_pixel));
  Points out;
  for (std::size_t i = 0; i < std::min(all, most); ++i)
    out.push_back(placed[all <= most ? i : i * (all - 1) / (most - 1)]);
  return out;
}

class Chart {
 public:
  Chart(const Curve& curve, std::size_t axis, const ChartSize& size, const ChartRange& range)
      : curve_(curve),
        axis_(axis),
        points_(thinned(curve, axis, size)),
        paired_(std::any_of(curve.points.begin(), curve.points.end(),
                            [](const CurvePoint& p) { return p.change_error.has_value(); })),
        frame_(frame_of(size, range)) {}

  std::string svg() const {
    std::string out = frame_.head(title()) + sampling_band();
    for (const Level& level : {Level([this](const CurvePoint& p) {
                                 return p.steady_low ? std::optional(possible(*p.steady_low))
                                                     : std::nullopt;
                               }),
                               Level([](const CurvePoint& p) { return p.steady_high; })})
      out += line("band-checkpoint", level);
    out += line("smoothed", [](const CurvePoint& p) { return p.smoothed; });
    out += line("curve", [](const CurvePoint& p) { return std::optional(p.value); });
    return out + ahead() + dots() + marks() + gaps() + "</svg>";
  }

 private:
  /// Null where the point has no band.
  std::optional<std::pair<double, double>> band_of(const CurvePoint& point) const {
    if (paired_ && point.change_error)
      return std::pair{possible(point.value - kNormal95 * *point.change_error),
                       point.value + kNormal95 * *point.change_error};
    if (!paired_ && point.low && point.high) return std::pair{*point.low, *point.high};
    return std::nullopt;
  }

  double possible(double y) const { return curve_.above_zero ? std::max(0.0, y) : y; }

  ChartFrame frame_of(const ChartSize& size, const ChartRange& range) const {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    const auto widen_y = [&](std::optional<double> y) {
      if (y) low = std::min(low, *y), high = std::max(high, *y);
    };
    for (const CurvePoint* point : points_) {
      for (std::optional<double> y :
           {std::optional(point->value), point->steady_low, point->steady_high})
        if (y) widen_y(possible(*y));
      if (const auto band = band_of(*point)) widen_y(band->first), widen_y(band->second);
    }
    if (curve_.ahead && std::isfinite(curve_.ahead->x.at(axis_)))
      widen_y(curve_.ahead->low), widen_y(curve_.ahead->high);
    return {size, range, low, high};
  }

  std::string title() const {
    if (points_.empty()) return curve_.name + ": no value yet";
    return curve_.name + ", " + curve_.metric + ": from " + fixed(points_.front()->value, 4) +
           " to " + fixed(points_.back()->value, 4) + " over " +
           std::to_string(curve_.points.size()) + " checkpoints";
  }

  static std::string path_element(const std::string& kind, const std::string& path) {
    return path.empty() ? "" : "<path class=\"" + kind + "\" d=\"" + path + "\"/>";
  }

  std::string sampling_band() const {
    Places there, back;
    for (const CurvePoint* point : points_) {
      const auto band = band_of(*point);
      if (!band) continue;
      there.emplace_back(point->x.at(axis_), band->second);
      back.emplace_back(point->x.at(axis_), band->first);
    }
    if (there.empty()) return "";
    there.insert(there.end(), back.rbegin(), back.rend());
    return path_element("band-sampling", frame_.path(there) + "Z");
  }

  std::string line(const std::string& kind, const Level& level) const {
    Places places;
    for (const CurvePoint* point : points_)
      if (const std::optional<double> y = level(*point))
        places.emplace_back(point->x.at(axis_), *y);
    return path_element(kind, frame_.path(places));
  }

  /// Dashed from the last point, with its interval as a stroke.
  std::string ahead() const {
    if (!curve_.ahead || points_.empty()) return "";
    const CurveAhead& to = *curve_.ahead;
    const double x = to.x.at(axis_);
    if (!std::isfinite(x)) return "";
    return path_element("ahead", frame_.path({{points_.back()->x.at(axis_), points_.back()->value},
                                              {x, to.value}})) +
           "<path class=\"ahead-interval\" d=\"" + frame_.path({{x, to.low}, {x, to.high}}) +
           "\"><title>" + html_escaped(to.text) + "</title></path>";
  }

  std::string dots() const {
    if (static_cast<double>(points_.size()) * kDotRoom > frame_.size().width) return "";
    std::string out;
    for (const CurvePoint* point : points_)
      out += "<circle class=\"dot\" cx=\"" + fixed(frame_.x_at(point->x.at(axis_)), 1) +
             "\" cy=\"" + fixed(frame_.y_at(point->value), 1) + "\" r=\"3\"><title>" +
             html_escaped(point->checkpoint + ": " + fixed(point->value, 4)) + "</title></circle>";
    return out;
  }

  /// A triangle over each spike.
  std::string marks() const {
    std::string out;
    for (const CurveMark& mark : curve_.spikes) {
      if (!std::isfinite(mark.x.at(axis_))) continue;
      out += "<path class=\"spike\" d=\"M" + fixed(frame_.x_at(mark.x.at(axis_)), 1) + " " +
             fixed(frame_.y_at(mark.value) - 5, 1) + "l-4-7h8z\"><title>" +
             html_escaped(mark.text) + "</title></path>";
    }
    return out;
  }

  /// A stroke at the foot of the chart; its reason under the pointer and in the table.
  std::string gaps() const {
    std::string out;
    for (const CurveGap& gap : curve_.gaps) {
      if (!std::isfinite(gap.x.at(axis_))) continue;
      out += "<path class=\"gap\" d=\"M" + fixed(frame_.x_at(gap.x.at(axis_)), 1) + " " +
             fixed(frame_.foot() - 9, 1) + "v9\"><title>" +
             html_escaped(gap.checkpoint + ": " + gap.reason) + "</title></path>";
    }
    return out;
  }

  const Curve& curve_;
  const std::size_t axis_;
  const Points points_;
  const bool paired_;
  const ChartFrame frame_;
};

}  // namespace

void widen(ChartRange& range, const Curve& curve, std::size_t axis) {
  for (const CurvePoint& point : curve.points) range.widen(point.x.at(axis));
  for (const CurveGap& gap : curve.gaps) range.widen(gap.x.at(axis));
  if (curve.ahead) range.widen(curve.ahead->x.at(axis));
}

std::string curve_svg(const Curve& curve, std::size_t axis, const ChartSize& size,
                      const ChartRange& range) {
  return Chart(curve, axis, size, range).svg();
}

std::string curve_svg(const Curve& curve, std::size_t axis, const ChartSize& size) {
  ChartRange range;
  widen(range, curve, axis);
  return curve_svg(curve, axis, size, range);
}

}  // namespace flm
