#include "reports/views/tracking/curve_remarks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "base/text/joined.h"
#include "reports/figures/figures.h"
#include "reports/views/tracking/curve_figures.h"

namespace flm {
namespace {

constexpr std::size_t kListed = 8;

std::string short_number(double value) {
  Score score;
  score.value = value;
  return value_text(score);
}

/// Half a unit of the last digit, which is one digit: 0.00005.
std::string resolution_text(double resolution) {
  return fixed(resolution, std::max(0, static_cast<int>(std::ceil(-std::log10(resolution)))));
}

std::string listed(const std::vector<std::int64_t>& steps) {
  std::string out;
  for (std::size_t i = 0; i < std::min(steps.size(), kListed); ++i)
    out += (i ? ", " : "") + grouped(steps[i]);
  if (steps.size() > kListed)
    out += " and " + grouped(static_cast<std::int64_t>(steps.size() - kListed)) + " more";
  return out;
}

std::string recovery(const std::optional<std::int64_t>& step) {
  return step ? "recovered at step " + grouped(*step) : "not recovered";
}

std::int64_t sum_of(const TrainingLog& log, std::int64_t TrainingPoint::*field) {
  std::int64_t out = 0;
  for (const TrainingPoint& point : log.live.points) out += point.*field;
  return out;
}

void add_restarts(const TrainingLog& log, std::vector<std::string>& out) {
  if (!log.restarts.empty()) out.push_back("log: it went on from step " + listed(log.restarts));
  for (const TrainingBranch& branch : log.lost) {
    if (branch.points.empty()) continue;
    const std::string first = grouped(branch.points.front().step),
                      last = grouped(branch.points.back().step);
    const std::string attempt = " of attempt " + std::to_string(branch.attempt);
    out.push_back(first == last ? "log: step " + first + attempt +
                                      " was lost with it; it is drawn thin and in no mean"
                                : "log: steps " + first + " to " + last + attempt +
                                      " were lost with it; they are drawn thin and in no mean");
  }
}

void add_bad_steps(const TrainingLog& log, std::vector<std::string>& out) {
  for (const std::string what : {"NaN", "inf", "-inf"}) {
    std::vector<std::int64_t> steps;
    for (const std::int64_t step : log.nan_steps)
      if (bad_loss(log, step) == what) steps.push_back(step);
    if (steps.empty()) continue;
    out.push_back(log.averaging.starts_with("mean")
                      ? "log: the loss was " + what + " in the " + log.averaging + " to step " +
                            listed(steps)
                      : "log: the loss is " + what + " at step " + listed(steps));
  }
  const std::int64_t nan = sum_of(log, &TrainingPoint::nan_iterations);
  const std::int64_t skipped = sum_of(log, &TrainingPoint::skipped_iterations);
  if (nan > 0) out.push_back("log: " + grouped(nan) + " NaN iterations, which its means leave out");
  if (skipped > 0) out.push_back("log: " + grouped(skipped) + " skipped iterations");
}

std::string loss_spike(const LossSpike& spike) {
  return "log: the loss jumps at step " + grouped(spike.step) + " from " +
         short_number(spike.before) + " to " + short_number(spike.peak) + " (" +
         fixed(spike.deviations, 1) + " robust deviations), " + recovery(spike.recovered);
}

/// Figures that jump at one checkpoint, with the one that does so most.
struct SpikedStep {
  std::int64_t figures = 0;
  std::string task;
  const EvaluatedSpike* worst = nullptr;
};

/// Where the places of the points come from, where several sources are in use all of them.
std::string sources_of(const TrackedSeries& series, std::string TrackedPoint::*source) {
  std::set<std::string> names;
  for (const TrackedPoint& point : series.points)
    if (point.on_line()) names.insert(point.*source);
  return joined(names, ", ");
}

std::string axis_remark(const Tracking& tracking, const TrackedSeries& series) {
  switch (tracking.request.axis) {
    case SeriesAxis::kTokens:
      return "tokens: from " + sources_of(series, &TrackedPoint::tokens_source);
    case SeriesAxis::kFlops:
      return "FLOPs: from " + sources_of(series, &TrackedPoint::flops_source);
    case SeriesAxis::kTime:
      return "time: of the log, without what lies between attempts";
    case SeriesAxis::kSteps:
      break;
  }
  return "";
}

}  // namespace

std::vector<std::string> method_remarks(const Tracking& tracking) {
  std::vector<std::string> out = {
      "±items: standard error of the change since the checkpoint before, paired over the same "
      "items",
      "±noise: standard deviation of checkpoints around a line in log x through the last 5 to 10 "
      "of "
      "them, without spikes that recovered; fewer than 5 have none",
      "spike: worse than the checkpoint before by more than 3 ±items, and off the line through up "
      "to 20 checkpoints before it by more than 4 of their deviations"};
  if (tracking.request.smooth > 0)
    out.push_back("smoothed: mean over a centred window of " + fixed(tracking.request.smooth, 0) +
                  " on the axis, never across a restart or a gap; points stay as they are");
  for (const TrackedSeries& series : tracking.series)
    if (const std::string remark = axis_remark(tracking, series); !remark.empty())
      out.push_back((tracking.series.size() > 1 ? series.name + ": " : "") + remark);
  return out;
}

std::vector<std::string> log_remarks(const TrackedSeries& series) {
  if (!series.log) return {};
  const TrainingLog& log = *series.log;
  std::vector<std::string> out;
  if (!log.format.empty())
    out.push_back("log: " + log.loss_key + " (" + log.format +
                  (log.averaging.empty() ? "" : ", " + log.averaging) +
                  "); the loss of a step is from before its update, a checkpoint from after it");
  if (log.resolution)
    out.push_back("log: it has the loss to ±" + resolution_text(*log.resolution) + " only");
  add_restarts(log, out);
  add_bad_steps(log, out);
  for (const LossSpike& spike : log.spikes) out.push_back(loss_spike(spike));
  for (const std::string& note : log.notes) out.push_back("log: " + note);
  return out;
}

std::vector<std::string> spike_remarks(const TrackedSeries& series) {
  std::map<std::int64_t, SpikedStep> steps;
  for (const TrackedCurve& curve : series.curves) {
    if (!curve.main) continue;
    for (const EvaluatedSpike& spike : curve.spikes) {
      SpikedStep& step = steps[spike.step];
      ++step.figures;
      if (step.worst && step.worst->paired_errors >= spike.paired_errors) continue;
      step.worst = &spike;
      step.task = curve.task;
    }
  }
  std::vector<std::string> out;
  for (const auto& [number, step] : steps) {
    const EvaluatedSpike& spike = *step.worst;
    out.push_back(
        "spike: " + step.task + " at " + spike.checkpoint + ": " + signed_text(spike.size, 3) +
        ", " + fixed(spike.paired_errors, 1) + " ±items, " + fixed(spike.deviations, 1) +
        " deviations, " + recovery(spike.recovered) +
        (step.figures > 1 ? "; " + grouped(step.figures - 1) + " others jump there too" : ""));
  }
  return out;
}

std::vector<std::string> extrapolation_remarks(const TrackedSeries& series,
                                               const TrackingRequest& request) {
  if (!request.extrapolate) return {};
  std::vector<std::string> out;
  for (const TrackedCurve& curve : series.curves) {
    if (!curve.main) continue;
    if (!curve.extrapolated) {
      out.push_back("not extrapolated: " + curve.task + ": " + curve.not_extrapolated);
      continue;
    }
    const Extrapolated& e = *curve.extrapolated;
    Score score;
    score.low = e.low, score.high = e.high, score.value = e.value;
    const int decimals = flm::decimals_of(score);
    out.push_back("extrapolated: " + curve.task + " " + fixed(e.value, decimals) + " (" +
                  fixed(e.low, decimals) + " to " + fixed(e.high, decimals) + ") by " +
                  fixed(e.floor, decimals) + " + A x^-" + fixed(e.exponent, 3) + " through " +
                  grouped(e.points) + " points; held against the last " +
                  grouped(e.backtest_points) + " it is off by " +
                  fixed(e.backtest_error, decimals));
  }
  return out;
}

std::vector<std::string> token_remarks(const TrackedSeries& series) {
  std::vector<std::string> out;
  for (const TrackedCurve& curve : series.curves) {
    if (!curve.metric.ends_with("/packed") || curve.is_group) continue;
    const auto rate = std::find_if(series.curves.begin(), series.curves.end(), [&](const auto& c) {
      return c.task == curve.task && c.metric == "tokens_per_byte";
    });
    if (rate == series.curves.end()) continue;
    const auto last = last_value(series, curve), last_rate = last_value(series, *rate);
    if (!last || !last_rate) continue;
    const double bpb = last->value->value, tokens = last_rate->value->value;
    out.push_back(curve.task + ": " + short_number(bpb) + " bits a byte are " +
                  short_number(bpb * std::numbers::ln2 / tokens) + " nats a token at " +
                  short_number(tokens) + " tokens a byte: what a training loss on this text is");
  }
  return out;
}

}  // namespace flm
