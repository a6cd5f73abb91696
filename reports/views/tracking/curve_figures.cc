#include "reports/views/tracking/curve_figures.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text/joined.h"
#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"

namespace flm {
namespace {

constexpr std::size_t kNamed = 6;
constexpr const char* kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

/// The values that share a character; a superseded checkpoint has none.
std::vector<std::optional<double>> columns_of(const TrackedSeries& series,
                                              const TrackedCurve& curve, std::size_t width) {
  std::vector<std::optional<double>> values;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const TrackedPoint& point = series.points[i];
    if (point.state == "superseded") continue;
    const bool drawn = point.on_line() && curve.values[i];
    values.push_back(drawn ? std::optional(curve.values[i]->value) : std::nullopt);
  }
  const std::size_t all = values.size(), count = std::min(all, width);
  std::vector<std::optional<double>> out(count);
  for (std::size_t i = 0; i < all; ++i)
    if (values[i]) out[i * count / all] = values[i];
  return out;
}

/// The main figures without a value at a scored point; a group stands for what is below it.
std::vector<const TrackedCurve*> missing_at(const TrackedSeries& series, std::size_t point) {
  std::vector<const TrackedCurve*> out;
  std::optional<int> group;  // depth of the one that stands for the curves below it
  for (const TrackedCurve& curve : series.curves) {
    if (!curve.main || (group && curve.depth > *group)) continue;
    group.reset();
    if (curve.gaps[point].empty()) continue;
    out.push_back(&curve);
    if (curve.is_group) group = curve.depth;
  }
  return out;
}

/// What two lines of gaps have in common to be one.
struct MissingFigures {
  std::string reason;
  std::vector<std::string> checkpoints, names;
};

std::vector<MissingFigures> missing_figures(const TrackedSeries& series) {
  std::vector<MissingFigures> out;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    if (!series.points[i].on_line()) continue;
    std::map<std::string, std::vector<std::string>> names;  // by reason
    for (const TrackedCurve* curve : missing_at(series, i))
      names[curve->gaps[i]].push_back(curve->task);
    for (const auto& [reason, tasks] : names) {
      auto same = out.begin();
      while (same != out.end() && (same->reason != reason || same->names != tasks)) ++same;
      if (same == out.end()) same = out.insert(out.end(), {reason, {}, tasks});
      same->checkpoints.push_back(series.points[i].record.checkpoint);
    }
  }
  return out;
}

void add_missing_figures(const TrackedSeries& series, std::vector<std::string>& out) {
  for (const MissingFigures& one : missing_figures(series))
    out.push_back(first_few(one.checkpoints, kNamed) + ": " + first_few(one.names, kNamed) + ": " +
                  one.reason);
}

}  // namespace

std::string bad_loss(const TrainingLog& log, std::int64_t step) {
  for (const TrainingPoint& point : log.live.points)
    if (point.step == step && point.loss && std::isinf(*point.loss))
      return *point.loss > 0 ? "inf" : "-inf";
  return "NaN";
}

std::optional<LastValue> last_value(const TrackedSeries& series, const TrackedCurve& curve) {
  for (std::size_t i = series.points.size(); i-- > 0;) {
    if (!series.points[i].on_line()) continue;
    if (!curve.values[i]) return std::nullopt;
    return LastValue{&series.points[i], &*curve.values[i]};
  }
  return std::nullopt;
}

int decimals_of(const TrackedValue& value) {
  Score score;
  score.value = value.value;
  score.stderr_value = value.stderr_value;
  if (value.change_stderr && *value.change_stderr > 0) score.stderr_value = value.change_stderr;
  score.low = value.low;
  score.high = value.high;
  return decimals_of(score);
}

std::string metric_text(const TrackedCurve& curve, const std::string& protocol) {
  const std::string name = !protocol.empty() && curve.metric == protocol ? "bpb" : curve.metric;
  return metric_label(name, curve.filter, curve.higher_is_better);
}

std::string only_protocol(const TrackedSeries& series) {
  std::set<std::string> names;
  for (const TrackedCurve& curve : series.curves)
    if (curve.metric.starts_with("bpb@")) names.insert(curve.metric);
  return names.size() == 1 ? *names.begin() : "";
}

std::string block_plot(const TrackedSeries& series, const TrackedCurve& curve, std::size_t width) {
  const auto columns = columns_of(series, curve, width);
  double low = 0, high = 0;
  bool any = false;
  for (const std::optional<double>& value : columns) {
    if (!value) continue;
    low = any ? std::min(low, *value) : *value;
    high = any ? std::max(high, *value) : *value;
    any = true;
  }
  std::string out;
  constexpr double kSteps = 8;
  for (const std::optional<double>& value : columns) {
    const double share = value ? share_between(low, high, *value) : 0;
    const auto block = static_cast<std::size_t>(std::clamp(share * kSteps, 0.0, kSteps - 1));
    out += value ? kBlocks[block] : " ";
  }
  return out;
}

/// A folder whose step nobody knows is refused, and stands at step 0.
std::string extent_of_steps(const std::vector<TrackedPoint>& points) {
  const auto known = [](const TrackedPoint& point) {
    return point.record.step > 0 || point.state != "refused";
  };
  const auto first = std::find_if(points.begin(), points.end(), known);
  const auto last = std::find_if(points.rbegin(), points.rend(), known);
  if (first == points.end()) return "";
  return ", steps " + grouped(first->record.step) + " to " + grouped(last->record.step);
}

std::string extent_of(const TrackedSeries& series) {
  const auto scored = std::count_if(series.points.begin(), series.points.end(),
                                    [](const TrackedPoint& p) { return p.on_line(); });
  const auto all = static_cast<std::int64_t>(series.points.size());
  std::string out =
      grouped(all) + (all == 1 ? " checkpoint, " : " checkpoints, ") + grouped(scored) + " scored";
  out += extent_of_steps(series.points);
  for (std::size_t i = series.points.size(); i-- > 0;) {
    const TrackedPoint& point = series.points[i];
    if (!point.on_line()) continue;
    out += "; the last: " + point.record.checkpoint;
    if (point.tokens)
      out += ", " + grouped(static_cast<std::int64_t>(*point.tokens)) + " tokens" +
             (point.tokens_source == "assumed" ? " (assumed)" : "");
    break;
  }
  return out;
}

std::vector<std::string> gap_lines(const TrackedSeries& series) {
  std::vector<std::string> out;
  for (const TrackedPoint& point : series.points) {
    if (point.on_line()) continue;
    out.push_back(point.record.checkpoint + ": " + point.state +
                  (point.record.reason.empty() ? "" : ": " + point.record.reason));
  }
  add_missing_figures(series, out);
  return out;
}

}  // namespace flm
