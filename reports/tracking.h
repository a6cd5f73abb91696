// A series of checkpoints as it is shown: one struct made from the points in the store, their runs
// and the trainer's logs; every view (reports/views/tracking) is a function of it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reports/store/record.h"
#include "reports/store/store.h"
#include "reports/training_log.h"

namespace flm {

enum class SeriesAxis { kSteps, kTokens, kFlops, kTime };

/// What `flmeval track` was asked to show.
struct TrackingRequest {
  std::vector<std::string> series = {};  // names in the store, in this order
  /// Of the call: ids of the runs that answer what it asks, whatever else the store has of the
  /// series. Empty: what the newest run was asked.
  std::set<std::string> runs = {};
  SeriesAxis axis = SeriesAxis::kSteps;
  std::vector<TrainingLog> logs = {};  // of the first series, or one a series in its order
  double tokens_per_step = 0;          // --tokens-per-step, marked "assumed"; 0: not given
  std::vector<std::string> by = {};    // --by: coordinates of a sweep (hidden, lr); empty: no sweep
  std::optional<double> extrapolate = {};  // to this place on the axis
  double smooth = 0;                       // width of a centred window over the axis; 0: off
  std::string store_flag = {};             // of commands that are named; "" = the default store
};

/// One figure of one checkpoint.
struct TrackedValue {
  double value = 0;
  std::optional<double> stderr_value, low, high;  // items: of the value itself
  /// Against the point before it on the live line: paired over the same documents.
  std::optional<double> change, change_stderr;
  /// Checkpoint noise: standard deviation around a line in log x through the last 5 to 10 points
  /// up to this one, without spikes that recovered; nothing below 5 points.
  std::optional<double> checkpoint_noise;
  std::int64_t n = 0;  // items
};

/// A jump of an evaluated figure beyond 3 paired errors and 4 robust deviations.
struct EvaluatedSpike {
  std::string checkpoint;
  std::int64_t step = 0;
  double size = 0, paired_errors = 0, deviations = 0;
  std::optional<std::int64_t> recovered;  // step; nothing: not recovered
};

/// --extrapolate of one curve: E + A x^-a through its points on the line after warm-up.
struct Extrapolated {
  double x = 0, value = 0, low = 0,
         high = 0;  // 95% interval, by refitting without blocks of points
  double floor = 0, factor = 0, exponent = 0;
  std::int64_t points = 0;
  /// Fitted to the first 80 % and held against the rest: root of the mean square, and the worst.
  double backtest_error = 0, backtest_worst = 0;
  std::int64_t backtest_points = 0;
};

struct TrackedPoint {
  PointRecord record;
  std::string run_name;           // of the newest run; "" where there is none
  std::vector<std::string> runs;  // ids of all whose figures stand here, the newest first
  std::optional<double> x;        // on the axis that was asked for
  /// As PointRecord::state; "superseded": of its step something else was written later; "other
  /// protocol", "other numerics": scored, but not as the rest of the line.
  std::string state;
  std::optional<double> tokens, flops, seconds;  // as far as known; seconds: of training
  std::string tokens_source, flops_source;       // checkpoint, log, assumed; trainer, 6 N tokens
  /// Changes, noise and fits go through these alone.
  bool on_line() const { return state == "scored"; }
};

/// One metric of one task, group or domain along one series.
struct TrackedCurve {
  std::string series, task, metric, filter;
  bool higher_is_better = true, headline = false;
  std::string alias;
  int depth = 0;  // below groups
  bool is_group = false;
  bool main = false;                                // the first figure of its task or group
  bool beside = false;                              // ours, beside what the task file asks for
  std::vector<std::optional<TrackedValue>> values;  // by TrackedSeries::points; nothing: a gap
  std::vector<std::string> gaps;                    // the reason, beside each; "" where none
  std::vector<EvaluatedSpike> spikes = {};
  std::vector<std::optional<double>> smoothed = {};  // --smooth, by points; empty: off
  std::optional<Extrapolated> extrapolated = {};
  std::string not_extrapolated = {};  // why not, where it was asked for
};

struct TrackedSeries {
  std::string name;
  std::string model_type;     // of the newest run
  std::string protocol_hash;  // of the runs that are shown, as are the numerics
  std::string numerics;
  std::vector<TrackedPoint> points;  // ascending in step; late and repeated ones in their place
  std::vector<TrackedCurve> curves;  // the headline first
  std::optional<TrainingLog> log;
  std::vector<std::optional<double>> log_seconds;  // of training, by the points of log->live
};

/// --by: one run of a sweep at the place that all of them have.
struct SweepRow {
  std::string member;                    // the series, or the folder of its checkpoints
  std::vector<std::string> coordinates;  // by SweepTable::by
  std::string checkpoint;
  double value = 0;
  std::optional<double> difference, stderr_value;  // from the best of its width, paired; of others
  bool best = false;                               // of its width
  bool tied = false;                               // not distinguishable from the best
};

/// Which hyperparameter is best at each width (the first of several coordinates; of one, among all
/// runs), and whether that moves.
struct SweepTable {
  std::vector<std::string> by;
  std::string axis;  // tokens, or steps where tokens are not known
  double x = 0;      // the last place that all members have
  std::string task, metric, filter;
  bool higher_is_better = false;
  std::vector<SweepRow> rows;  // by coordinates
  std::string verdict;         // whether the optimum moves with the width
};

/// A figure between the last point and one some points with a value before. No change where the
/// last point, or one behind it that could not be scored, has no value.
struct SeriesChange {
  std::string task, metric, filter;
  bool higher_is_better = true;
  std::string from = {}, to = {};  // checkpoints
  std::optional<double> before = {}, last = {};
  std::optional<double> change = {}, change_stderr = {};  // paired over the same items
  std::optional<double> checkpoint_noise = {};            // at the last
  std::int64_t n = 0;
  std::string reason = {};  // why there is no change
  bool main = true;         // the first of its task or group; rules name all others
};

struct Tracking {
  TrackingRequest request;
  std::vector<TrackedSeries> series;
  std::optional<SweepTable> sweep;
  std::vector<std::string> warnings;  // equal weights at two steps, a built-in sample, ...
  std::vector<std::string> notes;
};

inline constexpr double kSecondsAnHour = 3600;

/// Where a point stands on an axis; null: no source. Time in hours of training.
std::optional<double> position(const TrackedPoint& point, SeriesAxis axis);

/// UserErrors: an unknown series, an axis that one point has no source for (it is named).
Tracking build_tracking(Store& store, const TrackingRequest& request);

/// Over the last `over` points with a value of a series of build_tracking(), for a gate.
std::vector<SeriesChange> series_changes(Store& store, const TrackedSeries& series, int over);

/// For a terminal of so many columns.
std::string render_tracking_text(const Tracking& tracking, int columns);
/// curves.md, curves.csv, curves.json and curves.html below `folder`.
void write_tracking_outputs(const Tracking& tracking, const std::string& folder);
/// The text of --json.
std::string tracking_json(const Tracking& tracking);
/// Event files below `folder` that TensorBoard shows beside the trainer's.
void write_tensorboard_events(const Tracking& tracking, const std::string& folder);

}  // namespace flm
