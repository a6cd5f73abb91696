#include "reports/html/curves/curves_page.h"

#include <algorithm>
#include <functional>

#include "base/numbers/normal95.h"
#include "reports/figures/figures.h"
#include "reports/html/curves/curve_chart.h"
#include "reports/html/curves/curve_tables.h"
#include "reports/html/curves/loss_chart.h"
#include "reports/html/elements.h"
#include "reports/html/escape.h"
#include "reports/html/page.h"

namespace flm {
namespace {

constexpr ChartSize kBig = {960, 340, 1}, kNarrow = {290, 220, 0.5}, kSmall = {300, 190, 0.33},
                    kLow = {960, 220, 1};
constexpr const char* kNumbersHint =
    "<p class=\"hint\">±value: standard error of the value itself; ±items: paired standard error "
    "of "
    "the change; ±noise: standard deviation of checkpoints around a line through the last "
    "ones.</p>\n";

std::string half_width(std::optional<double> low, std::optional<double> high, int decimals) {
  return low && high ? "±" + fixed((*high - *low) / 2, decimals) : "";
}

std::string full_name(const Curve& curve) {
  return (curve.series.empty() ? "" : curve.series + ": ") + curve.name;
}

/// What the change is to be held against: two noises, never one.
std::string noises_of(const CurvePoint& last, int decimals) {
  std::vector<std::string> noises;
  if (last.change_error)
    noises.push_back("items ±" + fixed(kNormal95 * *last.change_error, decimals));
  else if (last.low && last.high)  // seldom symmetric around the value
    noises.push_back("sampling " + fixed(*last.low, decimals) + " to " +
                     fixed(*last.high, decimals));
  if (const std::string width = half_width(last.steady_low, last.steady_high, decimals);
      !width.empty())
    noises.push_back("checkpoint to checkpoint " + width);
  std::string out;
  for (std::size_t i = 0; i < noises.size(); ++i) out += (i ? ", " : " (95%: ") + noises[i];
  return out + (noises.empty() ? "" : ")");
}

/// The first curve of each series.
std::vector<const Curve*> headlines_of(const Curves& curves) {
  std::vector<const Curve*> out;
  for (const Curve& curve : curves.curves)
    if (std::none_of(out.begin(), out.end(),
                     [&](const Curve* known) { return known->series == curve.series; }))
      out.push_back(&curve);
  return out;
}

const Curve& headline_of(const Curves& curves, const Curve& curve) {
  return *std::find_if(curves.curves.begin(), curves.curves.end(),
                       [&](const Curve& other) { return other.series == curve.series; });
}

/// The last value, and what changed since the checkpoint before it.
std::string verdict(const Curve& curve) {
  if (curve.points.empty())
    return element("p",
                   (curve.series.empty() ? "" : html_escaped(full_name(curve)) + ": ") +
                       "No checkpoint has a value yet.",
                   "verdict") +
           "\n";
  const CurvePoint& last = curve.points.back();
  const int decimals = digits_of(curve);
  std::string out = html_escaped(full_name(curve)) + " <b>" + fixed(last.value, decimals) +
                    "</b> at " + html_escaped(last.checkpoint);
  if (curve.points.size() > 1) {
    const CurvePoint& before = curve.points[curve.points.size() - 2];
    const double change = last.change.value_or(last.value - before.value);
    out +=
        ", <b>" + signed_text(change, decimals) + "</b> since " + html_escaped(before.checkpoint);
  }
  out += noises_of(last, decimals) + (curve.higher_is_better ? "" : "; lower is better");
  return element("p", out + ".", "verdict") + "\n";
}

std::string verdicts(const Curves& curves) {
  if (curves.curves.empty()) return verdict(Curve{});
  std::string out;
  for (const Curve* curve : headlines_of(curves)) out += verdict(*curve);
  return out;
}

/// Radio buttons, then the charts of each axis; page.css shows those of the button that is on.
std::string by_axis(const Curves& curves, const std::string& name,
                    const std::function<std::string(std::size_t)>& charts) {
  std::string out;
  for (std::size_t a = 0; a < curves.axes.size() && curves.axes.size() > 1; ++a)
    out += "<label class=\"axis\"><input type=\"radio\" name=\"" + name + "\" class=\"axis-" +
           std::to_string(a) + "\"" + (a == 0 ? " checked" : "") + "> " +
           html_escaped(curves.axes[a]) + "</label>\n";
  for (std::size_t a = 0; a < curves.axes.size(); ++a)
    out += element("div", charts(a), "of-axis of-axis-" + std::to_string(a)) + "\n";
  return element("div", "\n" + out, "by-axis") + "\n";
}

std::string figure_of(const std::string& svg, const std::string& caption) {
  return element("figure", svg + element("figcaption", html_escaped(caption))) + "\n";
}

/// All that is drawn one above the other has the same x.
ChartRange range_of(const Curves& curves, std::size_t axis, bool losses) {
  ChartRange out;
  for (const Curve& curve : curves.curves) widen(out, curve, axis);
  for (const LossPanel& panel : curves.losses)
    if (losses) widen(out, panel, axis);
  return out;
}

/// What the band of this curve is; a band has two points at least.
std::string band_of(const Curve& curve) {
  const auto count = [&](const auto& has) {
    return std::count_if(curve.points.begin(), curve.points.end(), has);
  };
  const auto paired = count([](const CurvePoint& p) { return p.change_error.has_value(); });
  const auto banded = count([](const CurvePoint& p) { return p.low && p.high; });
  if ((paired > 0 ? paired : banded) < 2) return "No band: too few checkpoints";
  return paired > 0 ? "Band: 1.96 paired item errors of the change since the checkpoint before"
                    : "Band: sampling error (95%)";
}

/// What the band and the marks of a series mean: named only where they are drawn.
std::string legend_of(const Curves& curves, const Curve& first) {
  const auto any = [&](const auto& has) {
    return std::any_of(first.points.begin(), first.points.end(), has);
  };
  std::string out = band_of(first);
  out += any([](const CurvePoint& p) { return p.steady_low.has_value(); })
             ? "; dashed: checkpoint noise (95%)"
             : "; checkpoint noise: not enough points";
  if (any([](const CurvePoint& p) { return p.smoothed.has_value(); }))
    out += "; thick and pale: smoothed";
  if (std::any_of(curves.curves.begin(), curves.curves.end(),
                  [](const Curve& c) { return !c.spikes.empty(); }))
    out += "; ▼ spikes";
  if (first.ahead) out += "; dotted: extrapolated";
  return out + "; strokes at the foot: checkpoints without a value.";
}

/// The legend is that of the headline: of another band the chart has to say it itself.
std::string small_caption(const Curves& curves, const Curve& curve) {
  const std::string out = full_name(curve) + ", " + curve.metric, band = band_of(curve);
  return band == band_of(headline_of(curves, curve)) ? out : out + ". " + band + ".";
}

std::string headline_charts(const Curves& curves) {
  if (curves.curves.empty()) return "";
  return by_axis(curves, "headline", [&](std::size_t axis) {
    const ChartRange range = range_of(curves, axis, true);
    std::string out;
    for (const Curve* curve : headlines_of(curves))
      out += figure_of(
          element("div", curve_svg(*curve, axis, kBig, range), "broad") +
              element("div", curve_svg(*curve, axis, kNarrow, range), "slim"),
          full_name(*curve) + " over " + curves.axes[axis] + ". " + legend_of(curves, *curve));
    for (const LossPanel& panel : curves.losses) {
      out += has_place(panel, axis)
                 ? figure_of(element("div", loss_svg(panel, axis, kLow, range), "broad") +
                                 element("div", loss_svg(panel, axis, kNarrow, range), "slim"),
                             panel.name + ". " + panel.about)
                 : element("p",
                           html_escaped(panel.name + " has no place on the axis of " +
                                        curves.axes[axis] + " in its log."),
                           "hint") +
                       "\n";
    }
    return out;
  });
}

std::string small_charts(const Curves& curves) {
  if (curves.curves.size() == headlines_of(curves).size()) return "";
  return by_axis(curves, "small", [&](std::size_t axis) {
    const ChartRange range = range_of(curves, axis, false);
    std::string out;
    for (const Curve& curve : curves.curves)
      if (&curve != &headline_of(curves, curve))
        out += figure_of(curve_svg(curve, axis, kSmall, range), small_caption(curves, curve));
    return element("div", "\n" + out, "charts");
  });
}

std::string notes_of(const Curves& curves) {
  std::string out;
  for (const std::string& note : curves.notes) out += element("li", html_escaped(note)) + "\n";
  return out.empty() ? "" : element("ul", "\n" + out) + "\n";
}

std::string warnings_of(const Curves& curves) {
  std::string out;
  for (const std::string& warning : curves.warnings) out += notice(warning);
  return out;
}

}  // namespace

std::string render_curves_html(const Curves& curves) {
  std::vector<std::pair<std::string, std::string>> links;
  std::string body;
  const auto add = [&](const std::string& id, const std::string& title, const std::string& html) {
    if (html.empty()) return;
    links.push_back({id, title});
    body += section(id, title, html);
  };
  add("sweep", "Sweep", sweep_table(curves));
  add("charts", "By domain and task", small_charts(curves));
  add("heat", "At a glance", heat_maps(curves));
  add("numbers", "Numbers", kNumbersHint + number_tables(curves) + checkpoint_table(curves));
  add("notes", "Notes", notes_of(curves));
  const std::string head =
      element("header", "\n" + element("p", "flmeval curves", "kind") + "\n" +
                            element("h1", html_escaped(curves.title)) + "\n" +
                            element("p", html_escaped(curves.about), "about") + "\n" +
                            warnings_of(curves) + verdicts(curves) + headline_charts(curves)) +
      "\n";
  return assemble_page(
      {curves.title + " · flmeval", head + contents(links) + "<main>\n" + body + "</main>\n", ""});
}

}  // namespace flm
