#include "reports/views/tracking/tracking_csv.h"

#include "reports/views/csv_line.h"

namespace flm {
namespace {

/// What stands above the tables of the other views, in every line.
std::string warnings_of(const Tracking& tracking) {
  std::string out;
  for (const std::string& warning : tracking.warnings) out += (out.empty() ? "" : "; ") + warning;
  return out;
}

void add_lines(const TrackedSeries& series, const TrackedCurve& curve, const std::string& warnings,
               std::string& out) {
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const TrackedPoint& point = series.points[i];
    const TrackedValue value = curve.values[i].value_or(TrackedValue());
    out += csv_line({series.name,
                     point.record.checkpoint,
                     std::to_string(point.record.step),
                     csv_number(point.tokens),
                     point.tokens_source,
                     csv_number(point.flops),
                     point.flops_source,
                     csv_number(point.seconds),
                     point.state,
                     curve.task,
                     curve.is_group ? "group" : "task",
                     curve.metric,
                     curve.filter,
                     curve.higher_is_better ? "true" : "false",
                     curve.values[i] ? csv_number(value.value) : "",
                     csv_number(value.stderr_value),
                     csv_number(value.low),
                     csv_number(value.high),
                     csv_number(value.change),
                     csv_number(value.change_stderr),
                     csv_number(value.checkpoint_noise),
                     curve.values[i] ? std::to_string(value.n) : "",
                     curve.gaps[i],
                     point.record.weights_hash,
                     point.record.path,
                     warnings});
  }
}

}  // namespace

std::string tracking_csv(const Tracking& tracking) {
  std::string out = csv_line({"series",
                              "checkpoint",
                              "step",
                              "tokens",
                              "tokens_source",
                              "flops",
                              "flops_source",
                              "training_seconds",
                              "state",
                              "name",
                              "kind",
                              "metric",
                              "filter",
                              "higher_is_better",
                              "value",
                              "stderr",
                              "low",
                              "high",
                              "change",
                              "change_stderr",
                              "checkpoint_noise",
                              "n",
                              "gap",
                              "weights_hash",
                              "path",
                              "warnings"});
  const std::string warnings = warnings_of(tracking);
  for (const TrackedSeries& series : tracking.series)
    for (const TrackedCurve& curve : series.curves) add_lines(series, curve, warnings, out);
  return out;
}

}  // namespace flm
