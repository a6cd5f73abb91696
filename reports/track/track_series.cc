#include "reports/track/track_series.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>

#include "reports/store/run_parts.h"
#include "reports/track/axes.h"
#include "reports/track/changes.h"
#include "reports/track/curve_fits.h"
#include "reports/track/point_figures.h"
#include "reports/track/series_points.h"

namespace flm {
namespace {

using CurveKey = std::tuple<std::string, std::string, std::string>;  // task, metric, filter

/// The curves of a series while its points go by in the order of their steps.
class CurveBuilder {
 public:
  CurveBuilder(Store& store, std::string series, const std::vector<TrackedPoint>& points,
               ScoredPoints scored, std::vector<std::string>& warnings)
      : store_(store),
        series_(std::move(series)),
        points_(points),
        scored_(std::move(scored)),
        warnings_(warnings) {}

  std::vector<TrackedCurve> build() {
    std::optional<PointFigures> before;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (scored_.runs[i].empty()) continue;
      const TrackedPoint& point = points_[i];
      PointFigures now = read_figures(store_, point.record.checkpoint, scored_.runs[i],
                                      scored_.wanted, ids_, warnings_);
      const bool joined = before && point.on_line();
      add_point(i, now, joined ? &*before : nullptr);
      if (point.on_line()) before = std::move(now);
    }
    return finish();
  }

 private:
  void add_point(std::size_t at, const PointFigures& now, const PointFigures* before) {
    for (const auto& [task, why] : now.left_out) left_out_[task][at] = why;
    std::optional<Changes> changes;
    if (before) changes.emplace(*before, now);
    last_order_.clear();
    for (const ReportRow& row : now.rows) {
      const GroupRecord* group = nullptr;
      for (const GroupRecord& one : now.groups)
        if (row.is_group && one.name == row.name) group = &one;
      bool first = true;
      for (const Score& score : row.scores) {
        TrackedCurve& curve = curve_of(row, score, first && !score.beside);
        first = false;
        if (score.value) {
          curve.values[at] = value_of(row, group, score, changes ? &*changes : nullptr);
        } else {
          curve.gaps[at] = gap_of(row, score, now);
        }
      }
    }
  }

  /// Why there is no value; of a task with its first failure, as a group's reason has it.
  static std::string gap_of(const ReportRow& row, const Score& score, const PointFigures& now) {
    const std::string reason = score.reason.empty() ? "no value" : score.reason;
    const auto leaf = now.leaves.find(row.name);
    const bool failed = !row.is_group && leaf != now.leaves.end() && !leaf->second.failure.empty();
    return "N/A: " + reason + (failed ? "; the first failure: " + leaf->second.failure : "");
  }

  static TrackedValue value_of(const ReportRow& row, const GroupRecord* group, const Score& score,
                               const Changes* changes) {
    TrackedValue out;
    out.value = *score.value;
    out.stderr_value = score.stderr_value;
    out.low = score.low;
    out.high = score.high;
    out.n = score.n;
    if (!changes) return out;
    const auto change = group ? changes->of_group(*group, score.metric, score.filter)
                              : changes->of_task(row.name, score.metric, score.filter);
    if (!change) return out;
    out.change = change->difference;
    out.change_stderr = change->stderr_value;
    return out;
  }

  TrackedCurve& curve_of(const ReportRow& row, const Score& score, bool main) {
    const CurveKey key{row.name, score.metric, score.filter};
    last_order_.push_back(key);
    const auto [place, added] = curves_.try_emplace(key);
    TrackedCurve& curve = place->second;
    if (added) {
      order_.push_back(key);
      curve.series = series_;
      curve.task = row.name;
      curve.metric = score.metric;
      curve.filter = score.filter;
      curve.values.resize(points_.size());
      curve.gaps.resize(points_.size());
    }
    curve.alias = row.alias;
    curve.depth = row.depth;
    curve.is_group = row.is_group;
    curve.higher_is_better = score.higher_is_better;
    curve.beside = score.beside;
    curve.main = main;
    return curve;
  }

  /// In the order of the last checkpoint's report; what it lacks comes behind.
  std::vector<TrackedCurve> finish() {
    std::set<CurveKey> done;
    std::vector<TrackedCurve> out;
    for (const std::vector<CurveKey>* order : {&last_order_, &order_}) {
      for (const CurveKey& key : *order) {
        if (!done.insert(key).second) continue;
        out.push_back(std::move(curves_.at(key)));
        fill_gaps(out.back());
      }
    }
    const auto head = std::find_if(out.begin(), out.end(), [](const TrackedCurve& c) {
      return c.main && std::any_of(c.values.begin(), c.values.end(),
                                   [](const auto& value) { return value.has_value(); });
    });
    if (head != out.end()) {
      head->headline = true;
      std::rotate(out.begin(), head, head + 1);
    }
    return out;
  }

  void fill_gaps(TrackedCurve& curve) const {
    const auto left_out = left_out_.find(curve.task);
    for (std::size_t i = 0; i < curve.values.size(); ++i) {
      if (curve.values[i] || !curve.gaps[i].empty()) continue;
      const TrackedPoint& point = points_[i];
      if (scored_.runs[i].empty()) {
        curve.gaps[i] =
            point.state + (point.record.reason.empty() ? "" : ": " + point.record.reason);
      } else if (left_out != left_out_.end() && left_out->second.contains(i)) {
        curve.gaps[i] = left_out->second.at(i);
      } else {
        curve.gaps[i] = "not scored at this checkpoint";
      }
    }
  }

  Store& store_;
  const std::string series_;
  const std::vector<TrackedPoint>& points_;
  const ScoredPoints scored_;
  std::vector<std::string>& warnings_;
  ItemIds ids_;
  std::map<CurveKey, TrackedCurve> curves_;
  std::vector<CurveKey> order_, last_order_;
  std::map<std::string, std::map<std::size_t, std::string>> left_out_;  // task, point: why
};

}  // namespace

std::vector<SeriesMember> members_of(Store& store, const TrackingRequest& request) {
  std::vector<SeriesMember> out;
  for (const std::string& series : request.series) {
    const std::vector<std::string> folders =
        request.by.empty() ? std::vector<std::string>() : folders_of(store, series);
    if (folders.size() < 2) {
      out.push_back({series, "", series});
      continue;
    }
    for (const std::string& folder : folders)
      out.push_back({series, folder, folder.substr(folder.find_last_of('/') + 1)});
  }
  return out;
}

TrackedSeries track_series(Store& store, const std::map<std::string, RunRecord>& runs,
                           const SeriesMember& member, const TrainingLog* log, Tracking& out) {
  TrackedSeries series;
  series.name = member.name;
  SeriesPoints gathered =
      gather_points(store, runs, member.series, out.request.runs, member.folder);
  series.protocol_hash = gathered.protocol_hash;
  series.numerics = gathered.numerics;
  std::vector<double> parameters;
  for (const std::vector<RunRecord>& of_point : gathered.runs) {
    const Json engine = of_point.empty() ? Json::object() : engine_part(of_point.front());
    parameters.push_back(engine.value("parameters", 0.0));
    if (engine.contains("model_type")) series.model_type = engine.value("model_type", "");
  }
  // Of several series one may have no log.
  if (log && (!log->live.points.empty() || !log->notes.empty())) {
    series.log = *log;
    series.log_seconds = seconds_of_training(*log);
  }
  std::vector<std::string> warnings = gathered.warnings;
  place_points(gathered.points, parameters, log, out.request, warnings);
  const bool alone = out.request.series.size() == 1 && member.folder.empty();
  const std::string prefix = alone ? "" : series.name + ": ";
  series.points = std::move(gathered.points);
  series.curves = CurveBuilder(store, series.name, series.points,
                               scored_points(store, runs, series.points), warnings)
                      .build();
  fit_curves(series, out.request);
  for (const std::string& warning : warnings) out.warnings.push_back(prefix + warning);
  return series;
}

}  // namespace flm
