#include "reports/track/series_changes.h"

#include "reports/track/changes.h"
#include "reports/track/point_figures.h"
#include "reports/track/series_points.h"

namespace flm {
namespace {

class Changing {
 public:
  Changing(Store& store, const std::map<std::string, RunRecord>& runs, const TrackedSeries& series)
      : store_(store), series_(series), scored_(scored_points(store, runs, series.points)) {}

  SeriesChange of(const TrackedCurve& curve, int over) {
    SeriesChange out{curve.task, curve.metric, curve.filter, curve.higher_is_better};
    out.main = curve.main;
    out.reason = no_last_value(curve);
    if (!out.reason.empty()) return out;
    std::vector<std::size_t> line;
    for (std::size_t i = 0; i < series_.points.size(); ++i)
      if (series_.points[i].on_line() && curve.values[i]) line.push_back(i);
    if (line.size() <= static_cast<std::size_t>(over)) {
      out.reason = std::to_string(line.size()) + " checkpoints have a value, " +
                   std::to_string(over + 1) + " are wanted";
      return out;
    }
    const std::size_t last = line.back(),
                      first = line[line.size() - 1 - static_cast<std::size_t>(over)];
    out.from = series_.points[first].record.checkpoint;
    out.to = series_.points[last].record.checkpoint;
    out.before = curve.values[first]->value;
    out.last = curve.values[last]->value;
    out.n = curve.values[last]->n;
    out.checkpoint_noise = curve.values[last]->checkpoint_noise;
    const Changes changes(figures(first), figures(last));
    const GroupRecord* group = nullptr;
    for (const GroupRecord& one : figures(last).groups)
      if (curve.is_group && one.name == curve.task) group = &one;
    const auto change = group ? changes.of_group(*group, curve.metric, curve.filter)
                              : changes.of_task(curve.task, curve.metric, curve.filter);
    if (!change) {
      out.reason = "no items in common";
      return out;
    }
    out.change = change->difference;
    out.change_stderr = change->stderr_value;
    return out;
  }

 private:
  /// Why the newest checkpoint has no value, "" where it has one. One that could not be scored
  /// counts, for its predecessor's figure says nothing of it; one that is still being written, was
  /// deleted or skipped does not.
  std::string no_last_value(const TrackedCurve& curve) const {
    for (std::size_t i = series_.points.size(); i-- > 0;) {
      const TrackedPoint& point = series_.points[i];
      if (!point.on_line() && !is_unscorable(point.state)) continue;
      if (point.on_line() && curve.values[i]) return "";
      return "the last checkpoint, " + point.record.checkpoint + ", has no value: " + curve.gaps[i];
    }
    return "no checkpoint has a value";
  }

  const PointFigures& figures(std::size_t at) {
    const auto [place, added] = figures_.try_emplace(at);
    if (added) {
      std::vector<std::string> warnings;  // told where the series was read
      place->second = read_figures(store_, series_.points[at].record.checkpoint, scored_.runs[at],
                                   scored_.wanted, ids_, warnings);
    }
    return place->second;
  }

  Store& store_;
  const TrackedSeries& series_;
  const ScoredPoints scored_;
  ItemIds ids_;
  std::map<std::size_t, PointFigures> figures_;  // by point
};

}  // namespace

std::vector<SeriesChange> changes_over(Store& store, const std::map<std::string, RunRecord>& runs,
                                       const TrackedSeries& series, int over) {
  Changing changing(store, runs, series);
  std::vector<SeriesChange> out;
  for (const TrackedCurve& curve : series.curves) out.push_back(changing.of(curve, over));
  return out;
}

}  // namespace flm
