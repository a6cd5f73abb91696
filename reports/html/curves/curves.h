// What a page of curves shows: plain data, filled by whoever follows a series of checkpoints.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace flm {

/// x of a point by Curves::axes; NaN where the point has no place on an axis: it is drawn on the
/// others.
using CurvePlace = std::vector<double>;

struct CurvePoint {
  std::string checkpoint;  // its name
  CurvePlace x;
  double value = 0;
  std::optional<double> low, high;                // sampling error: 95% interval over the items
  std::optional<double> steady_low, steady_high;  // checkpoint noise around the value
  std::optional<double> change = {}, change_error = {};  // since the point before; paired error
  std::optional<double> smoothed = {};
  std::optional<double> error = {};  // standard error of the value over the items
};

/// A checkpoint without a comparable value.
struct CurveGap {
  std::string checkpoint;
  CurvePlace x;
  std::string reason;
};

/// Something to be marked at a point: a spike, with what there is to say of it.
struct CurveMark {
  CurvePlace x;
  double value = 0;
  std::string text;
};

/// A value beyond the last point, by extrapolation.
struct CurveAhead {
  CurvePlace x;
  double value = 0, low = 0, high = 0;
  std::string text;  // how it was made
};

struct Curve {
  std::string name, metric;
  bool higher_is_better = true;
  std::vector<CurvePoint> points;  // ascending in x
  std::vector<CurveGap> gaps = {};
  std::string series = {};  // "" where the page has one alone
  std::vector<CurveMark> spikes = {};
  std::optional<CurveAhead> ahead = {};
  bool above_zero = false;  // no value can be below 0: nor does a band reach there
};

/// Consecutive logged losses of one attempt.
struct LossLine {
  bool lost = false;           // thrown away by a restart: drawn thin
  std::vector<CurvePlace> x;   // [points]
  std::vector<double> losses;  // [points], NaN among them: a break
};

/// The loss that the trainer logged, on the same x as the curves.
struct LossPanel {
  std::string name, about;  // its key; how it averages, and from before which update it is
  std::vector<LossLine> lines;
  std::vector<CurveMark> spikes = {};
  std::vector<CurveGap> bad = {};  // NaN losses
};

/// A checkpoint of the page: what the table of checkpoints says.
struct CurveCheckpoint {
  std::string series, name;
  CurvePlace x;
  std::string state, weights_hash, path;
  std::string reason = {};  // why it has no figures, where the state alone does not say it
};

struct Curves {
  std::string title, about;       // the series, where it comes from
  std::vector<std::string> axes;  // "step", "tokens", "FLOPs"
  std::vector<Curve> curves;      // the first of each series is its headline
  std::vector<std::string> notes = {};
  std::vector<std::string> warnings = {};  // built-in samples, equal weights: above all figures
  std::vector<LossPanel> losses = {};
  std::vector<CurveCheckpoint> checkpoints = {};
  std::vector<std::string> sweep_head = {};  // a table of a sweep; its last line is the verdict
  std::vector<std::vector<std::string>> sweep = {};
  std::string sweep_verdict = {};
};

}  // namespace flm
