#include "reports/html/curves/curve_tables.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/numbers/normal95.h"
#include "reports/figures/figures.h"
#include "reports/html/curves/chart_frame.h"
#include "reports/html/elements.h"
#include "reports/html/escape.h"

namespace flm {
namespace {

constexpr std::size_t kMostColumns = 14;  // of the heat map

/// Rows without closing tags, which HTML lets one leave out: a page has thousands of them.
std::string row_of(const std::vector<std::string>& cells) {
  std::string out = "<tr>";
  for (const std::string& html : cells) out += "<td>" + html;
  return out + "\n";
}

std::string table_of(const std::vector<std::string>& head, const std::string& body,
                     const std::string& kind) {
  std::string names;
  for (const std::string& name : head) names += element("th", html_escaped(name));
  return element("div",
                 "<table class=\"" + kind + "\"><thead><tr>" + names + "</tr></thead><tbody>\n" +
                     body + "</tbody></table>",
                 "wide") +
         "\n";
}

std::string place_text(double x) { return std::isfinite(x) ? position_text(x) : "–"; }

double order_of(const CurvePlace& x) { return std::isfinite(x.at(0)) ? x.at(0) : 0; }

std::string optional_text(std::optional<double> value, int decimals) {
  return value ? fixed(*value, decimals) : "";
}

/// Of an interval that was made as 1.96 standard deviations to either side.
std::string deviation_text(std::optional<double> low, std::optional<double> high, int decimals) {
  return low && high ? fixed((*high - *low) / 2 / kNormal95, decimals) : "";
}

bool any_smoothed(const Curve& curve) {
  return std::any_of(curve.points.begin(), curve.points.end(),
                     [](const CurvePoint& p) { return p.smoothed.has_value(); });
}

/// By checkpoint: what is marked there.
std::string remark_at(const Curve& curve, const CurvePoint& point) {
  for (const CurveMark& spike : curve.spikes)
    if (spike.x == point.x) return html_escaped(spike.text);
  return "";
}

bool has_remarks(const Curve& curve) {
  return !curve.gaps.empty() || curve.ahead ||
         std::any_of(curve.points.begin(), curve.points.end(),
                     [&](const CurvePoint& p) { return !remark_at(curve, p).empty(); });
}

std::string number_table(const Curve& curve) {
  std::multimap<double, std::string> lines;
  const int decimals = curve.points.empty() ? 4 : digits_of(curve);
  const bool smoothed = any_smoothed(curve);
  for (const CurvePoint& p : curve.points) {
    std::vector<std::string> cells = {html_escaped(p.checkpoint),
                                      fixed(p.value, decimals),
                                      optional_text(p.error, decimals),
                                      p.change ? signed_text(*p.change, decimals) : "",
                                      optional_text(p.change_error, decimals),
                                      deviation_text(p.steady_low, p.steady_high, decimals)};
    if (smoothed) cells.push_back(optional_text(p.smoothed, decimals));
    if (const std::string remark = remark_at(curve, p); !remark.empty()) cells.push_back(remark);
    lines.emplace(order_of(p.x), row_of(cells));
  }
  for (const CurveGap& gap : curve.gaps)
    lines.emplace(order_of(gap.x), "<tr><td>" + html_escaped(gap.checkpoint) +
                                       "<td>N/A<td class=\"remark\" colspan=\"" +
                                       (smoothed ? "6" : "5") + "\">" + html_escaped(gap.reason) +
                                       "\n");
  std::string body;
  for (const auto& [x, line] : lines) body += line;
  if (curve.ahead) {
    std::vector<std::string> cells = {"extrapolated, " + place_text(order_of(curve.ahead->x)),
                                      fixed(curve.ahead->value, decimals), ""};
    cells.resize(smoothed ? 7 : 6);
    cells.push_back("95%: " + fixed(curve.ahead->low, decimals) + " to " +
                    fixed(curve.ahead->high, decimals) + "; " + html_escaped(curve.ahead->text));
    body += row_of(cells);
  }
  std::vector<std::string> head = {"checkpoint", "value", "±value", "change", "±items", "±noise"};
  if (smoothed) head.push_back("smoothed");
  if (has_remarks(curve)) head.push_back("remark");
  return element("details",
                 element("summary", html_escaped((curve.series.empty() ? "" : curve.series + ": ") +
                                                 curve.name + ", " + curve.metric)) +
                     table_of(head, body, "figures")) +
         "\n";
}

/// How good a value is within its own curve, in six steps.
std::string tone_of(double low, double high, bool higher_is_better, double value) {
  double share = share_between(low, high, value);
  if (!higher_is_better) share = 1 - share;
  return "t" + std::to_string(std::clamp(static_cast<int>(share * 6), 0, 5));
}

std::string heat_cell(const std::vector<double>& all, bool higher_is_better, double value,
                      int decimals) {
  const auto [low, high] = std::minmax_element(all.begin(), all.end());
  return element("td", fixed(value, decimals),
                 "number heat " + tone_of(*low, *high, higher_is_better, value));
}

/// Every so many checkpoints, the last one among them.
std::vector<std::string> columns_of(const Curve& curve) {
  std::vector<std::string> out;
  const std::size_t all = curve.points.size(), most = std::min(all, kMostColumns);
  for (std::size_t i = 0; i < most; ++i)
    out.push_back(curve.points[most == 1 ? all - 1 : i * (all - 1) / (most - 1)].checkpoint);
  return out;
}

std::string heat_table(const std::string& head, const std::string& lines) {
  const std::string table = element("thead", element("tr", head)) + element("tbody", "\n" + lines);
  return element("div", "<table class=\"narrow\">" + table + "</table>", "wide") + "\n";
}

/// The name of a series among several, and that some of its checkpoints alone are columns.
std::string over_checkpoints_hint(const Curve& first, std::size_t columns) {
  const std::string part =
      columns < first.points.size()
          ? std::to_string(columns) + " of " + std::to_string(first.points.size()) + " checkpoints"
          : "";
  if (first.series.empty() && part.empty()) return "";
  const std::string between = first.series.empty() || part.empty() ? "" : ": ";
  return element("p", html_escaped(first.series + between + part), "hint") + "\n";
}

/// The curves of a series, whose first one this is.
std::string over_checkpoints(const Curves& curves, const Curve& first) {
  const std::vector<std::string> columns = columns_of(first);
  std::string head = "<th></th>", lines;
  for (const std::string& name : columns) head += element("th", breakable(name), "number");
  for (const Curve& curve : curves.curves) {
    if (curve.series != first.series) continue;
    std::vector<double> all;
    for (const CurvePoint& point : curve.points) all.push_back(point.value);
    std::string line = name_cell(breakable(curve.name), 0);
    for (const std::string& name : columns) {
      const auto found = std::find_if(curve.points.begin(), curve.points.end(),
                                      [&](const CurvePoint& p) { return p.checkpoint == name; });
      line += found == curve.points.end()
                  ? element("td", "–", "number")
                  : heat_cell(all, curve.higher_is_better, found->value, digits_of(curve));
    }
    lines += element("tr", line) + "\n";
  }
  return over_checkpoints_hint(first, columns.size()) + heat_table(head, lines);
}

std::string every_series_over_checkpoints(const Curves& curves) {
  std::string out;
  std::set<std::string> told;
  for (const Curve& curve : curves.curves)
    if (!curve.points.empty() && told.insert(curve.series).second)
      out += over_checkpoints(curves, curve);
  return out;
}

/// The last values of every series, a column a task: better and worse within the column.
std::string over_tasks(const Curves& curves) {
  std::vector<std::string> series, tasks;
  std::map<std::pair<std::string, std::string>, const Curve*> cells;
  const auto add = [](std::vector<std::string>& to, const std::string& name) {
    if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(name);
  };
  for (const Curve& curve : curves.curves) {
    add(series, curve.series);
    add(tasks, curve.name);
    if (curve.points.empty()) continue;
    cells.try_emplace({curve.series, curve.name}, &curve);
  }
  if (series.size() < 2) return "";
  std::string head = "<th></th>", lines;
  std::map<std::string, std::vector<double>> all;
  for (const auto& [key, curve] : cells) all[key.second].push_back(curve->points.back().value);
  for (const std::string& task : tasks) head += element("th", breakable(task), "number");
  for (const std::string& name : series) {
    std::string line = name_cell(breakable(name), 0);
    for (const std::string& task : tasks) {
      const auto found = cells.find({name, task});
      line += found == cells.end()
                  ? element("td", "–", "number")
                  : heat_cell(all[task], found->second->higher_is_better,
                              found->second->points.back().value, digits_of(*found->second));
    }
    lines += element("tr", line) + "\n";
  }
  return element("p", "Last values of each series:", "hint") + "\n" + heat_table(head, lines);
}

}  // namespace

int digits_of(const Curve& curve) {
  const CurvePoint& last = curve.points.back();
  Score score;
  score.value = last.value;
  score.low = last.low;
  score.high = last.high;
  if (last.change_error && *last.change_error > 0) score.stderr_value = last.change_error;
  return decimals_of(score);
}

std::string number_tables(const Curves& curves) {
  std::string out;
  for (const Curve& curve : curves.curves) out += number_table(curve);
  return out;
}

std::string checkpoint_table(const Curves& curves) {
  if (curves.checkpoints.empty()) return "";
  const bool several = std::any_of(
      curves.checkpoints.begin(), curves.checkpoints.end(),
      [&](const CurveCheckpoint& c) { return c.series != curves.checkpoints[0].series; });
  std::vector<std::string> head = {"checkpoint"};
  if (several) head.push_back("series");
  head.insert(head.end(), curves.axes.begin(), curves.axes.end());
  for (const char* name : {"state", "weights", "path"}) head.push_back(name);
  const bool reasons = std::any_of(curves.checkpoints.begin(), curves.checkpoints.end(),
                                   [](const CurveCheckpoint& c) { return !c.reason.empty(); });
  if (reasons) head.push_back("reason");
  std::string body;
  for (const CurveCheckpoint& c : curves.checkpoints) {
    std::vector<std::string> cells = {breakable(c.name)};
    if (several) cells.push_back(html_escaped(c.series));
    for (double x : c.x) cells.push_back(place_text(x));
    for (const std::string& text :
         {html_escaped(c.state), html_escaped(c.weights_hash.substr(0, 12)), breakable(c.path)})
      cells.push_back(text);
    if (reasons) cells.push_back(html_escaped(c.reason));
    body += row_of(cells);
  }
  return element("details",
                 element("summary", "Every checkpoint") + table_of(head, body, "figures places")) +
         "\n";
}

std::string heat_maps(const Curves& curves) {
  const auto drawn = std::count_if(curves.curves.begin(), curves.curves.end(),
                                   [](const Curve& curve) { return !curve.points.empty(); });
  if (curves.curves.size() < 2 || drawn == 0) return "";
  return element("p",
                 "The further from the page's own colour, the better within a row (of several "
                 "series: within a column).",
                 "hint") +
         "\n" + every_series_over_checkpoints(curves) + over_tasks(curves);
}

std::string sweep_table(const Curves& curves) {
  if (curves.sweep.empty()) return "";
  std::string body;
  for (const std::vector<std::string>& line : curves.sweep) {
    std::vector<std::string> cells;
    for (const std::string& text : line) cells.push_back(html_escaped(text));
    body += row_of(cells);
  }
  return element("p", html_escaped(curves.sweep_verdict)) + "\n" +
         table_of(curves.sweep_head, body, "figures");
}

}  // namespace flm
