#include "reports/html/curves_page.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "reports/figures/figures.h"
#include "reports/html/curve_chart.h"
#include "reports/html/elements.h"
#include "reports/html/escape.h"
#include "reports/html/page.h"

namespace flm {
namespace {

constexpr ChartSize kBig = {960, 340}, kSmall = {300, 190};
constexpr std::size_t kMostColumns = 14;  // of the heat map

/// Digits that the errors of a curve leave.
int digits_of(const Curve& curve) {
  Score score;
  score.value = curve.points.back().value;
  score.low = curve.points.back().low;
  score.high = curve.points.back().high;
  return decimals_of(score);
}

std::string half_width(std::optional<double> low, std::optional<double> high, int decimals) {
  return low && high ? "±" + fixed((*high - *low) / 2, decimals) : "";
}

/// The last value, and what changed since the checkpoint before it.
std::string verdict(const Curves& curves) {
  if (curves.curves.empty() || curves.curves[0].points.empty())
    return element("p", "No checkpoint has a value yet.", "verdict") + "\n";
  const Curve& curve = curves.curves[0];
  const CurvePoint& last = curve.points.back();
  const int decimals = digits_of(curve);
  std::string out = html_escaped(curve.name) + " <b>" + fixed(last.value, decimals) + "</b> at " +
                    html_escaped(last.checkpoint);
  if (curve.points.size() > 1) {
    const CurvePoint& before = curve.points[curve.points.size() - 2];
    out += ", <b>" + signed_text(last.value - before.value, decimals) + "</b> since " +
           html_escaped(before.checkpoint);
  }
  std::vector<std::string> noises;
  if (const std::string width = half_width(last.low, last.high, decimals); !width.empty())
    noises.push_back("sampling " + width);
  if (const std::string width = half_width(last.steady_low, last.steady_high, decimals);
      !width.empty())
    noises.push_back("checkpoint to checkpoint " + width);
  for (std::size_t i = 0; i < noises.size(); ++i) out += (i ? ", " : " (") + noises[i];
  out +=
      (noises.empty() ? "" : ")") + std::string(curve.higher_is_better ? "" : "; lower is better");
  return element("p", out + ".", "verdict") + "\n";
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

std::string figure_of(const Curve& curve, std::size_t axis, const ChartSize& size,
                      const std::string& caption) {
  return element("figure",
                 curve_svg(curve, axis, size) + element("figcaption", html_escaped(caption))) +
         "\n";
}

std::string headline_chart(const Curves& curves) {
  if (curves.curves.empty()) return "";
  return by_axis(curves, "headline", [&](std::size_t axis) {
    return figure_of(
        curves.curves[0], axis, kBig,
        curves.curves[0].name + " over " + curves.axes[axis] +
            ". Band: sampling error (95%); dashed: checkpoint noise; strokes at the foot: "
            "checkpoints without a value.");
  });
}

std::string small_charts(const Curves& curves) {
  if (curves.curves.size() < 2) return "";
  return by_axis(curves, "small", [&](std::size_t axis) {
    std::string out;
    for (std::size_t c = 1; c < curves.curves.size(); ++c)
      out += figure_of(curves.curves[c], axis, kSmall,
                       curves.curves[c].name + ", " + curves.curves[c].metric);
    return element("div", "\n" + out, "charts");
  });
}

std::string point_line(const CurvePoint& point, int decimals) {
  std::string out = name_cell(breakable(point.checkpoint), 0);
  for (double x : point.x) out += number_cell(position_text(x));
  out += number_cell(fixed(point.value, decimals));
  for (const auto& [low, high] :
       {std::pair{point.low, point.high}, {point.steady_low, point.steady_high}})
    out += number_cell(low && high ? fixed(*low, decimals) + " to " + fixed(*high, decimals) : "");
  return element("tr", out + "<td></td>") + "\n";
}

std::string gap_line(const CurveGap& gap) {
  std::string out = name_cell(breakable(gap.checkpoint), 0);
  for (double x : gap.x) out += number_cell(position_text(x));
  return element("tr", out + number_cell("N/A") + "<td></td><td></td>" +
                           element("td", html_escaped(gap.reason), "remark")) +
         "\n";
}

/// Points and gaps of a curve in the order of the first axis.
std::string number_table(const Curves& curves, const Curve& curve) {
  std::multimap<double, std::string> lines;
  const int decimals = curve.points.empty() ? 4 : digits_of(curve);
  for (const CurvePoint& point : curve.points)
    lines.emplace(point.x.at(0), point_line(point, decimals));
  for (const CurveGap& gap : curve.gaps) lines.emplace(gap.x.at(0), gap_line(gap));
  std::string body, head = "<th>checkpoint</th>";
  for (const auto& [x, line] : lines) body += line;
  for (const std::string& axis : curves.axes)
    head += "<th class=\"number\">" + html_escaped(axis) + "</th>";
  head +=
      "<th class=\"number\">value</th><th class=\"number\">sampling 95%</th>"
      "<th class=\"number\">checkpoint noise</th><th></th>";
  const std::string table = element("thead", element("tr", head)) + element("tbody", "\n" + body);
  return element("details", element("summary", html_escaped(curve.name + ", " + curve.metric)) +
                                element("div", element("table", table), "wide")) +
         "\n";
}

/// How good a value is within its own curve, in six steps.
std::string tone_of(const Curve& curve, double value) {
  const auto [low, high] = std::minmax_element(
      curve.points.begin(), curve.points.end(),
      [](const CurvePoint& p, const CurvePoint& q) { return p.value < q.value; });
  const double span = high->value - low->value;
  double share = span > 0 ? (value - low->value) / span : 0.5;
  if (!curve.higher_is_better) share = 1 - share;
  return "t" + std::to_string(std::clamp(static_cast<int>(share * 6), 0, 5));
}

/// Every so many checkpoints, the last one among them.
std::vector<std::string> columns_of(const Curve& curve) {
  std::vector<std::string> out;
  const std::size_t all = curve.points.size(), most = std::min(all, kMostColumns);
  for (std::size_t i = 0; i < most; ++i)
    out.push_back(curve.points[most == 1 ? all - 1 : i * (all - 1) / (most - 1)].checkpoint);
  return out;
}

std::string heat_map(const Curves& curves) {
  if (curves.curves.size() < 2 || curves.curves[0].points.empty()) return "";
  const std::vector<std::string> columns = columns_of(curves.curves[0]);
  std::string head = "<th></th>", lines;
  for (const std::string& name : columns) head += element("th", breakable(name), "number");
  for (const Curve& curve : curves.curves) {
    if (curve.points.empty()) continue;
    std::string line = name_cell(breakable(curve.name), 0);
    for (const std::string& name : columns) {
      const auto found = std::find_if(curve.points.begin(), curve.points.end(),
                                      [&](const CurvePoint& p) { return p.checkpoint == name; });
      line += found == curve.points.end() ? element("td", "–", "number")
                                          : element("td", fixed(found->value, digits_of(curve)),
                                                    "number heat " + tone_of(curve, found->value));
    }
    lines += element("tr", line) + "\n";
  }
  const std::string table = element("thead", element("tr", head)) + element("tbody", "\n" + lines);
  return element("p", "The further from the page's own colour, the better within a row.", "hint") +
         "\n" + element("div", "<table class=\"narrow\">" + table + "</table>", "wide") + "\n";
}

std::string notes_of(const Curves& curves) {
  std::string out;
  for (const std::string& note : curves.notes) out += element("li", html_escaped(note)) + "\n";
  return out.empty() ? "" : element("ul", "\n" + out) + "\n";
}

}  // namespace

std::string render_curves_html(const Curves& curves) {
  std::string numbers;
  for (const Curve& curve : curves.curves) numbers += number_table(curves, curve);
  std::vector<std::pair<std::string, std::string>> links;
  std::string body;
  const auto add = [&](const std::string& id, const std::string& title, const std::string& html) {
    if (html.empty()) return;
    links.push_back({id, title});
    body += section(id, title, html);
  };
  add("charts", "By domain and task", small_charts(curves));
  add("heat", "At a glance", heat_map(curves));
  add("numbers", "Numbers", numbers);
  add("notes", "Notes", notes_of(curves));
  const std::string head = element("header", "\n" + element("p", "flmeval curves", "kind") + "\n" +
                                                 element("h1", html_escaped(curves.title)) + "\n" +
                                                 element("p", html_escaped(curves.about), "about") +
                                                 "\n" + verdict(curves) + headline_chart(curves)) +
                           "\n";
  return assemble_page(
      {curves.title + " · flmeval", head + contents(links) + "<main>\n" + body + "</main>\n", ""});
}

}  // namespace flm
