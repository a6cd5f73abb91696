#include "reports/track/curve_fits.h"

#include <vector>

#include "reports/statistics/curves/evaluated_spikes.h"
#include "reports/statistics/curves/local_line.h"
#include "reports/statistics/curves/power_law.h"
#include "reports/statistics/curves/smoothing.h"
#include "reports/track/axes.h"
#include "reports/track/schedule.h"

namespace flm {
namespace {

/// The points on the line that have a value of the curve.
struct Line {
  std::vector<std::size_t> at;  // indices of points
  std::vector<double> x, y;
};

template <typename Place>
Line line_of(const TrackedSeries& series, const TrackedCurve& curve, Place place) {
  Line out;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    if (!series.points[i].on_line() || !curve.values[i]) continue;
    out.at.push_back(i);
    out.x.push_back(place(series.points[i]));
    out.y.push_back(curve.values[i]->value);
  }
  return out;
}

/// What lies in a spike is no noise: it is told of as a spike.
void fill_noise(TrackedCurve& curve, const Line& line, const std::vector<bool>& spiked) {
  Line calm;
  for (std::size_t i = 0; i < line.at.size(); ++i) {
    if (spiked[i]) continue;
    calm.at.push_back(line.at[i]);
    calm.x.push_back(line.x[i]);
    calm.y.push_back(line.y[i]);
  }
  const auto noise = checkpoint_noise(calm.x, calm.y);
  for (std::size_t i = 0; i < calm.at.size(); ++i)
    curve.values[calm.at[i]]->checkpoint_noise = noise[i];
}

/// By the points of the line: those from a spike until it recovered.
std::vector<bool> fill_spikes(const TrackedSeries& series, TrackedCurve& curve, const Line& line) {
  std::vector<bool> spiked(line.at.size(), false);
  std::vector<CurveStep> steps;
  for (std::size_t i = 0; i < line.at.size(); ++i) {
    const TrackedValue& value = *curve.values[line.at[i]];
    steps.push_back({line.x[i], line.y[i], value.change, value.change_stderr});
  }
  for (const FoundSpike& found : find_spikes(steps, curve.higher_is_better)) {
    const PointRecord& record = series.points[line.at[found.at]].record;
    curve.spikes.push_back({record.checkpoint, record.step, found.size, found.paired_errors,
                            found.deviations, std::nullopt});
    if (!found.recovered) continue;
    curve.spikes.back().recovered = series.points[line.at[*found.recovered]].record.step;
    for (std::size_t i = found.at; i < *found.recovered; ++i) spiked[i] = true;
  }
  return spiked;
}

/// A checkpoint without a value, or a restart of the trainer, begins a new segment.
std::vector<std::size_t> segments_of(const TrackedSeries& series, const TrackedCurve& curve,
                                     const Line& line) {
  std::vector<std::size_t> out;
  std::size_t segment = 0;
  for (std::size_t i = 0; i < line.at.size(); ++i) {
    if (i > 0) {
      const std::int64_t before = series.points[line.at[i - 1]].record.step;
      const std::int64_t now = series.points[line.at[i]].record.step;
      bool cut = false;
      for (std::size_t p = line.at[i - 1] + 1; p < line.at[i]; ++p)
        cut = cut || (!curve.values[p] && series.points[p].state != "superseded");
      for (const std::int64_t restart :
           series.log ? series.log->restarts : std::vector<std::int64_t>())
        cut = cut || (before <= restart && restart < now);
      segment += cut;
    }
    out.push_back(segment);
  }
  return out;
}

void smooth(const TrackedSeries& series, TrackedCurve& curve, double width) {
  const Line line = line_of(series, curve, [](const TrackedPoint& p) { return *p.x; });
  const auto means = centred_means(line.x, line.y, segments_of(series, curve, line), width);
  curve.smoothed.assign(curve.values.size(), std::nullopt);
  for (std::size_t i = 0; i < line.at.size(); ++i) curve.smoothed[line.at[i]] = means[i];
}

/// Why a curve is not extrapolated; "" where nothing speaks against it.
std::string objection(const TrackedCurve& curve, const std::optional<Schedule>& schedule,
                      std::int64_t last_step) {
  if (curve.higher_is_better) return "a power law falls, and of this figure more is better";
  if (schedule && schedule->change && *schedule->change <= last_step)
    return "the schedule of the learning rate changes at step " + std::to_string(*schedule->change);
  return "";
}

void extrapolate(const TrackedSeries& series, TrackedCurve& curve, double target) {
  const std::optional<Schedule> schedule = series.log ? schedule_of(*series.log) : std::nullopt;
  const Line all = line_of(series, curve, [](const TrackedPoint& p) { return *p.x; });
  if (all.at.empty()) return;
  curve.not_extrapolated = objection(curve, schedule, series.points[all.at.back()].record.step);
  if (!curve.not_extrapolated.empty()) return;
  std::vector<double> x, y;
  for (std::size_t i = 0; i < all.at.size(); ++i) {
    const bool warm = !schedule || series.points[all.at[i]].record.step >= schedule->warmed_up;
    if (!warm || !(all.x[i] > 0)) continue;
    x.push_back(all.x[i]);
    y.push_back(all.y[i]);
  }
  const auto out = forecast(x, y, target, curve.not_extrapolated);
  if (!out) return;
  curve.extrapolated = Extrapolated{out->x,
                                    out->value,
                                    out->low,
                                    out->high,
                                    out->law.floor,
                                    out->law.factor,
                                    out->law.exponent,
                                    static_cast<std::int64_t>(out->points),
                                    out->backtest_error,
                                    out->backtest_worst,
                                    static_cast<std::int64_t>(out->backtest_points)};
}

}  // namespace

void fit_curves(TrackedSeries& series, const TrackingRequest& request) {
  const bool tokens = tokens_rise(series.points);
  for (TrackedCurve& curve : series.curves) {
    const Line line = line_of(series, curve, [&](const TrackedPoint& p) {
      return tokens ? *p.tokens : static_cast<double>(p.record.step);
    });
    fill_noise(curve, line, fill_spikes(series, curve, line));
    if (request.smooth > 0) smooth(series, curve, request.smooth);
    if (request.extrapolate && curve.main) extrapolate(series, curve, *request.extrapolate);
  }
}

}  // namespace flm
