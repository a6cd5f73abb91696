#include "reports/html/svg.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "reports/figures/figures.h"
#include "reports/html/escape.h"

namespace flm {
namespace {

constexpr double kWidth = 220, kHeight = 22, kMiddle = 11, kMargin = 8;
constexpr int kTicks = 4;
constexpr double kLarge = 1e5;  // from there on ticks have units: 100k
constexpr double kToldByFourDigits = 1000;
constexpr double kCharacter = 7;  // pixels of a digit, the widest of usual fonts (DejaVu, 11 px)

double at(const Scale& scale, double value) {
  const double share = share_between(scale.low, scale.high, value);
  return kMargin + std::clamp(share, 0.0, 1.0) * (kWidth - 2 * kMargin);
}

std::string n(double value) {
  std::string text = fixed(value, 1);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

std::string attribute(const char* name, double value) {
  return std::string(" ") + name + "=\"" + n(value) + "\"";
}

std::string line(const char* kind, double x1, double y1, double x2, double y2) {
  return std::string("<line class=\"") + kind + "\"" + attribute("x1", x1) + attribute("y1", y1) +
         attribute("x2", x2) + attribute("y2", y2) + "/>";
}

std::string opening(double width, double height, const std::string& title) {
  const std::string box = n(width) + " " + n(height);
  std::string out =
      "<svg width=\"" + n(width) + "\" height=\"" + n(height) + "\" viewBox=\"0 0 " + box + "\"";
  if (title.empty()) return out + " aria-hidden=\"true\">";
  return out + " role=\"img\"><title>" + html_escaped(title) + "</title>";
}

std::string mark_at(double x, Mark mark) {
  if (mark == Mark::kDot)
    return "<circle class=\"dot\"" + attribute("cx", x) + attribute("cy", kMiddle) + " r=\"4\"/>";
  const double tip = mark == Mark::kBetter ? -5.5 : 5.5;
  const char* kind = mark == Mark::kBetter ? "up" : "down";
  return std::string("<path class=\"") + kind + "\" d=\"M" + n(x) + " " + n(kMiddle + tip) + "L" +
         n(x + 5) + " " + n(kMiddle - 0.7 * tip) + "L" + n(x - 5) + " " + n(kMiddle - 0.7 * tip) +
         "Z\"/>";
}

/// A label below its tick: centred; at either end it begins or ends there, so that nothing cuts it.
struct TickLabel {
  std::string text, anchor = "middle";
  double x = 0;     // of its anchor
  double left = 0;  // where it begins, about
  double right() const { return left + kCharacter * static_cast<double>(text.size()); }
};

TickLabel label_at(double x, double width, const std::string& text) {
  TickLabel out{text, "middle", x};
  if (x < 20) out.anchor = "start", out.x = 1;
  if (x > width - 20) out.anchor = "end", out.x = width - 1;
  const double wide = out.right();  // from 0
  out.left = out.x - (out.anchor == "start" ? 0 : out.anchor == "end" ? wide : wide / 2);
  return out;
}

std::string tick_label(double x, double width, double y, const std::string& text) {
  const TickLabel label = label_at(x, width, text);
  return "<text" + attribute("x", label.x) + attribute("y", y) + " text-anchor=\"" + label.anchor +
         "\">" + text + "</text>";
}

double step_of(const Scale& scale, int most) {
  const double width = scale.high - scale.low;  // of two finite numbers, and may be none itself
  const double raw = std::isfinite(width) ? width / most : scale.high / most - scale.low / most;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

bool labels_have_room(const Scale& scale, int most, const std::vector<double>& ticks) {
  double end = -kMargin;
  for (const double tick : ticks) {
    const TickLabel label = label_at(at(scale, tick), kWidth, tick_text(scale, most, tick));
    if (label.left <= end) return false;
    end = label.right();
  }
  return true;
}

struct AxisTicks {
  int most = kTicks;  // that their texts are made for
  std::vector<double> places;
};

/// As many as have room for their labels, at least the two ends.
AxisTicks ticks_with_room(const Scale& scale) {
  for (int most = kTicks; most > 0; --most) {
    const std::vector<double> ticks = ticks_of(scale, most);
    if (ticks.size() < 2) break;
    if (labels_have_room(scale, most, ticks)) return {most, ticks};
  }
  return {kTicks, {scale.low, scale.high}};
}

}  // namespace

Scale scale_over(double low, double high) {
  if (!std::isfinite(low) || !std::isfinite(high)) return {};
  if (high - low < 1e-9 * std::max(1.0, std::fabs(high))) {
    const double half = std::max(1e-3, 0.05 * std::fabs(high));
    low -= half, high += half;
  }
  constexpr double kMost = std::numeric_limits<double>::max();
  const double step = step_of({low, high}, kTicks);
  return {std::max(std::floor(low / step + 1e-9) * step, -kMost),
          std::min(std::ceil(high / step - 1e-9) * step, kMost)};
}

std::vector<double> ticks_of(const Scale& scale, int most) {
  const double step = step_of(scale, most);
  const double first = std::ceil(scale.low / step - 1e-9);
  std::vector<double> out;
  for (int i = 0; i <= most + 1; ++i) {  // counted: of a scale without width no step leads out
    const double tick = (first + i) * step;
    if (tick > scale.high + 1e-9 * step) break;
    out.push_back(tick);
  }
  return out;
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

std::string tick_text(const Scale& scale, int most, double tick) {
  const double step = step_of(scale, most);
  const double largest = std::max(std::fabs(scale.low), std::fabs(scale.high));
  if (largest >= kLarge && largest < kToldByFourDigits * step) return position_text(tick + 0.0);
  return fixed(tick + 0.0,
               std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 8));
}

std::string interval_svg(const Scale& scale, const DrawnInterval& interval) {
  std::string out = opening(kWidth, kHeight, interval.title);
  out += line("track", kMargin, kMiddle, kWidth - kMargin, kMiddle);
  if (interval.reference)
    out += line("reference", at(scale, *interval.reference), 2, at(scale, *interval.reference), 20);
  if (interval.low && interval.high)
    out += line("interval", at(scale, *interval.low), kMiddle, at(scale, *interval.high), kMiddle);
  if (interval.value) out += mark_at(at(scale, *interval.value), interval.mark);
  return out + "</svg>";
}

std::string axis_svg(const Scale& scale) {
  std::string out = opening(kWidth, kHeight, "");
  const AxisTicks ticks = ticks_with_room(scale);
  for (const double tick : ticks.places) {
    const double x = at(scale, tick);
    out += line("tick", x, 0, x, 5) + tick_label(x, kWidth, 17, tick_text(scale, ticks.most, tick));
  }
  return out + "</svg>";
}

std::string histogram_svg(const Scale& scale, const std::vector<std::int64_t>& counts,
                          const std::string& title) {
  constexpr double kWide = 460, kTall = 130, kFloor = 108;
  const double most = static_cast<double>(*std::max_element(counts.begin(), counts.end()));
  const double bin = (kWide - 2 * kMargin) / static_cast<double>(counts.size());
  const auto x_of = [&](double value) {
    return kMargin + share_between(scale.low, scale.high, value) * (kWide - 2 * kMargin);
  };
  std::string out = opening(kWide, kTall, title);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double height = most > 0 ? static_cast<double>(counts[i]) / most * (kFloor - 6) : 0;
    const double left = kMargin + static_cast<double>(i) * bin;
    const bool below = left + bin <= x_of(0) + 0.01;
    out += std::string("<rect class=\"") + (below ? "below" : "above") + "\"" +
           attribute("x", left + 0.5) + attribute("y", kFloor - height) +
           attribute("width", bin - 1) + attribute("height", height) + "/>";
  }
  out += line("tick", kMargin, kFloor, kWide - kMargin, kFloor);
  if (scale.low < 0 && scale.high > 0) out += line("reference", x_of(0), 2, x_of(0), kFloor);
  for (double tick : ticks_of(scale, 6))
    out += tick_label(x_of(tick), kWide, 124, tick_text(scale, 6, tick));
  return out + "</svg>";
}

}  // namespace flm
