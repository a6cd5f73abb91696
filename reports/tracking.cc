#include "reports/tracking.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/system/files.h"
#include "reports/html/curves/curves_page.h"
#include "reports/report.h"
#include "reports/track/series_changes.h"
#include "reports/track/sweep.h"
#include "reports/track/track_series.h"
#include "reports/views/tracking/curves_of_tracking.h"
#include "reports/views/tracking/tracking_csv.h"
#include "reports/views/tracking/tracking_json.h"
#include "reports/views/tracking/tracking_markdown.h"
#include "reports/views/tracking/tracking_text.h"

namespace flm {
namespace {

/// Whether the run has a task that those `seen` before have not.
bool adds_tasks(Store& store, const std::string& run, std::set<std::string>& seen) {
  bool adds = false;
  for (const TaskRecord& task : store.tasks(run)) adds |= seen.insert(task.task).second;
  return adds;
}

/// A built-in sample or a limit, as the reports of the last checkpoint's runs say it.
void add_run_warnings(Store& store, const TrackedSeries& series, Tracking& out) {
  for (auto point = series.points.rbegin(); point != series.points.rend(); ++point) {
    if (!point->on_line()) continue;
    std::set<std::string> seen;
    for (const std::string& run : point->runs) {
      if (!adds_tasks(store, run, seen)) continue;
      for (const std::string& warning : build_report(store, run, 0).warnings)
        if (std::find(out.warnings.begin(), out.warnings.end(), warning) == out.warnings.end())
          out.warnings.insert(out.warnings.begin(), warning);
    }
    return;
  }
}

std::map<std::string, RunRecord> runs_of(Store& store) {
  std::map<std::string, RunRecord> out;
  for (RunRecord& run : store.runs()) out[run.id] = std::move(run);
  return out;
}

}  // namespace

std::optional<double> position(const TrackedPoint& point, SeriesAxis axis) {
  switch (axis) {
    case SeriesAxis::kTokens:
      return point.tokens;
    case SeriesAxis::kFlops:
      return point.flops;
    case SeriesAxis::kTime:
      return point.seconds ? std::optional(*point.seconds / kSecondsAnHour) : std::nullopt;
    case SeriesAxis::kSteps:
      break;
  }
  return static_cast<double>(point.record.step);
}

Tracking build_tracking(Store& store, const TrackingRequest& request) {
  Tracking out;
  out.request = request;
  const std::map<std::string, RunRecord> runs = runs_of(store);
  const std::vector<SeriesMember> members = members_of(store, request);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const TrainingLog* log = i < request.logs.size() ? &request.logs[i] : nullptr;
    out.series.push_back(track_series(store, runs, members[i], log, out));
  }
  if (!request.by.empty()) out.sweep = compare_sweep(store, runs, out);
  for (const TrackedSeries& series : out.series) add_run_warnings(store, series, out);
  return out;
}

std::vector<SeriesChange> series_changes(Store& store, const TrackedSeries& series, int over) {
  return changes_over(store, runs_of(store), series, over);
}

std::string render_tracking_text(const Tracking& tracking, int columns) {
  return tracking_text(tracking, columns);
}

std::string tracking_json(const Tracking& tracking) { return render_tracking_json(tracking); }

void write_tracking_outputs(const Tracking& tracking, const std::string& folder) {
  make_folder(folder);
  write_file_atomically(folder + "/curves.md", tracking_markdown(tracking));
  write_file_atomically(folder + "/curves.csv", tracking_csv(tracking));
  write_file_atomically(folder + "/curves.json", render_tracking_json(tracking));
  write_file_atomically(folder + "/curves.html", render_curves_html(curves_of(tracking)));
}

}  // namespace flm
