#include "reports/views/tracking/curves_of_tracking.h"

#include <cmath>
#include <limits>

#include "base/numbers/normal95.h"
#include "base/text/joined.h"
#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"
#include "reports/views/tracking/curve_figures.h"
#include "reports/views/tracking/curve_remarks.h"
#include "reports/views/tracking/sweep_lines.h"

namespace flm {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::string axis_name(SeriesAxis axis) {
  switch (axis) {
    case SeriesAxis::kTokens:
      return "tokens";
    case SeriesAxis::kFlops:
      return "FLOPs";
    case SeriesAxis::kTime:
      return "hours";
    case SeriesAxis::kSteps:
      break;
  }
  return "step";
}

std::vector<SeriesAxis> axes_of(const Tracking& tracking) {
  std::vector<SeriesAxis> out = {tracking.request.axis};
  for (const SeriesAxis axis :
       {SeriesAxis::kSteps, SeriesAxis::kTokens, SeriesAxis::kFlops, SeriesAxis::kTime}) {
    bool all = axis != tracking.request.axis;
    for (const TrackedSeries& series : tracking.series)
      for (const TrackedPoint& point : series.points)
        all = all && (!point.on_line() || position(point, axis));
    if (all) out.push_back(axis);
  }
  return out;
}

CurvePlace places_of(const TrackedPoint& point, const std::vector<SeriesAxis>& axes) {
  CurvePlace out;
  for (const SeriesAxis axis : axes) out.push_back(position(point, axis).value_or(kNone));
  return out;
}

CurvePoint point_of(const TrackedPoint& point, const TrackedValue& value, CurvePlace x) {
  CurvePoint out{point.record.checkpoint, std::move(x), value.value, value.low, value.high, {}, {}};
  if (value.checkpoint_noise) {
    out.steady_low = value.value - kNormal95 * *value.checkpoint_noise;
    out.steady_high = value.value + kNormal95 * *value.checkpoint_noise;
  }
  out.change = value.change;
  out.change_error = value.change_stderr;
  out.error = value.stderr_value;
  return out;
}

std::string spike_text(const EvaluatedSpike& spike) {
  return "spike: " + signed_text(spike.size, 3) + ", " + fixed(spike.paired_errors, 1) +
         " ±items, " + fixed(spike.deviations, 1) + " deviations, " +
         (spike.recovered ? "recovered at step " + grouped(*spike.recovered) : "not recovered");
}

void add_ahead(const Tracking& tracking, const TrackedCurve& from, std::size_t axes, Curve& to) {
  if (!from.extrapolated) return;
  const Extrapolated& e = *from.extrapolated;
  to.ahead =
      CurveAhead{CurvePlace(axes, kNone), e.value, e.low, e.high,
                 "extrapolated by a power law through " + grouped(e.points) + " points; off by " +
                     fixed(e.backtest_error, 4) + " over the last " + grouped(e.backtest_points)};
  to.ahead->x[0] = *tracking.request.extrapolate;
}

/// Perplexities and bits, however far the symmetrical errors around them reach.
bool is_above_zero(const std::string& metric) {
  return metric.ends_with("perplexity") || metric.starts_with("bpb") ||
         metric.starts_with("bits_per_byte");
}

Curve curve_of(const Tracking& tracking, const TrackedSeries& series, const TrackedCurve& from,
               const std::vector<SeriesAxis>& axes) {
  Curve out;
  out.name = row_name(from.task, from.alias, from.depth, from.is_group);
  if (!from.main) out.name += " " + from.metric;
  out.metric = from.metric;
  out.higher_is_better = from.higher_is_better;
  out.above_zero = is_above_zero(from.metric);
  out.series = tracking.series.size() > 1 ? series.name : "";
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const TrackedPoint& point = series.points[i];
    if (point.on_line() && from.values[i]) {
      out.points.push_back(point_of(point, *from.values[i], places_of(point, axes)));
      if (!from.smoothed.empty()) out.points.back().smoothed = from.smoothed[i];
      continue;
    }
    const std::string reason = from.gaps[i].empty() ? point.state : from.gaps[i];
    out.gaps.push_back({point.record.checkpoint, places_of(point, axes), reason});
  }
  for (const EvaluatedSpike& spike : from.spikes)
    for (const CurvePoint& point : out.points)
      if (point.checkpoint == spike.checkpoint)
        out.spikes.push_back({point.x, point.value, spike_text(spike)});
  add_ahead(tracking, from, axes.size(), out);
  return out;
}

/// Tokens of a step, where all checkpoints on the line say the same rate; else NaN.
double rate_of(const TrackedSeries& series, SeriesAxis axis) {
  double rate = kNone;
  for (const TrackedPoint& point : series.points) {
    const auto place = position(point, axis);
    if (!point.on_line() || point.record.step == 0) continue;
    if (!place) return kNone;
    const double here = *place / static_cast<double>(point.record.step);
    if (std::isfinite(rate) && std::fabs(here - rate) > 1e-9 * rate) return kNone;
    rate = here;
  }
  return rate;
}

class Panel {
 public:
  Panel(const TrackedSeries& series, const std::vector<SeriesAxis>& axes)
      : series_(series), log_(*series.log), axes_(axes) {
    for (const SeriesAxis axis : axes) rates_.push_back(rate_of(series, axis));
  }

  LossPanel make(const std::string& prefix) {
    LossPanel out;
    out.name = prefix + log_.loss_key;
    out.about = "Nats a token" + (log_.averaging.empty() ? "" : ", " + log_.averaging) +
                "; of the weights before the update of its step, the checkpoint of a step is from "
                "after it; thin: lost by a restart.";
    for (const TrainingBranch& branch : log_.lost) out.lines.push_back(line_of(branch, true));
    out.lines.push_back(line_of(log_.live, false));
    for (const LossSpike& spike : log_.spikes)
      out.spikes.push_back({places_at(spike.step), spike.peak,
                            "step " + grouped(spike.step) + ": " + fixed(spike.before, 3) + " to " +
                                fixed(spike.peak, 3)});
    for (const std::int64_t step : log_.nan_steps)
      out.bad.push_back(
          {"step " + grouped(step), places_at(step), "the loss is " + bad_loss(log_, step)});
    return out;
  }

 private:
  LossLine line_of(const TrainingBranch& branch, bool lost) const {
    LossLine out;
    out.lost = lost;
    for (std::size_t i = 0; i < branch.points.size(); ++i) {
      const TrainingPoint& point = branch.points[i];
      if (!point.loss) continue;
      const double seconds = lost ? kNone : series_.log_seconds[i].value_or(kNone);
      out.x.push_back(places(point.step, point.tokens.value_or(kNone), seconds));
      out.losses.push_back(*point.loss);
    }
    return out;
  }

  CurvePlace places_at(std::int64_t step) const {
    for (std::size_t i = 0; i < log_.live.points.size(); ++i)
      if (log_.live.points[i].step == step)
        return places(step, log_.live.points[i].tokens.value_or(kNone),
                      series_.log_seconds[i].value_or(kNone));
    return places(step, kNone, kNone);
  }

  CurvePlace places(std::int64_t step, double tokens, double seconds) const {
    CurvePlace out;
    for (std::size_t a = 0; a < axes_.size(); ++a) {
      const double by_rate = static_cast<double>(step) * rates_[a];
      if (axes_[a] == SeriesAxis::kSteps) out.push_back(static_cast<double>(step));
      if (axes_[a] == SeriesAxis::kTokens) out.push_back(std::isfinite(tokens) ? tokens : by_rate);
      if (axes_[a] == SeriesAxis::kFlops) out.push_back(by_rate);
      if (axes_[a] == SeriesAxis::kTime) out.push_back(seconds / kSecondsAnHour);
    }
    return out;
  }

  const TrackedSeries& series_;
  const TrainingLog& log_;
  const std::vector<SeriesAxis>& axes_;
  std::vector<double> rates_;
};

void append(std::vector<std::string>& to, const std::vector<std::string>& from,
            const std::string& prefix = "") {
  for (const std::string& text : from) to.push_back(prefix + text);
}

void add_series(const Tracking& tracking, const TrackedSeries& series,
                const std::vector<SeriesAxis>& axes, Curves& out) {
  const std::string prefix = tracking.series.size() > 1 ? series.name + ": " : "";
  for (const TrackedCurve& curve : series.curves) {
    const bool shown = curve.main || (curve.is_group && !curve.beside);
    if (shown && (curve.main || curve.metric != "tokens_per_byte"))
      out.curves.push_back(curve_of(tracking, series, curve, axes));
  }
  for (const TrackedPoint& point : series.points)
    out.checkpoints.push_back({series.name, point.record.checkpoint, places_of(point, axes),
                               point.state, point.record.weights_hash, point.record.path,
                               point.record.reason});
  if (series.log) out.losses.push_back(Panel(series, axes).make(prefix));
  append(out.notes, gap_lines(series), prefix);
  append(out.notes, spike_remarks(series), prefix);
  append(out.notes, extrapolation_remarks(series, tracking.request), prefix);
  append(out.notes, token_remarks(series), prefix);
  append(out.notes, log_remarks(series), prefix);
}

}  // namespace

Curves curves_of(const Tracking& tracking) {
  const std::vector<SeriesAxis> axes = axes_of(tracking);
  Curves out;
  out.title = joined(tracking.series, ", ", &TrackedSeries::name);
  out.about = joined(tracking.series, "; ", extent_of);
  for (const SeriesAxis axis : axes) out.axes.push_back(axis_name(axis));
  out.warnings = tracking.warnings;
  for (const TrackedSeries& series : tracking.series) add_series(tracking, series, axes, out);
  append(out.notes, tracking.notes);
  append(out.notes, method_remarks(tracking));
  if (tracking.sweep) {
    out.sweep_head = sweep_head(*tracking.sweep);
    out.sweep = sweep_lines(*tracking.sweep);
    out.sweep_verdict = sweep_verdict(*tracking.sweep);
  }
  return out;
}

}  // namespace flm
