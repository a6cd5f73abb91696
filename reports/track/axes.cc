#include "reports/track/axes.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "base/errors.h"

namespace flm {
namespace {

std::optional<double> number(const std::string& decimal) {
  if (decimal.empty()) return std::nullopt;
  return std::strtod(decimal.c_str(), nullptr);
}

/// What the live branch of a log says of its steps.
struct LoggedPlaces {
  std::map<std::int64_t, double> tokens, seconds;
};

LoggedPlaces places_of(const TrainingLog& log) {
  LoggedPlaces out;
  const auto seconds = seconds_of_training(log);
  for (std::size_t i = 0; i < log.live.points.size(); ++i) {
    const TrainingPoint& point = log.live.points[i];
    if (point.tokens) out.tokens[point.step] = *point.tokens;
    if (seconds[i]) out.seconds[point.step] = *seconds[i];
  }
  if (!out.seconds.empty()) out.seconds.emplace(0, 0);  // before the first step no time went by
  return out;
}

std::optional<double> at(const std::map<std::int64_t, double>& places, std::int64_t step) {
  const auto found = places.find(step);
  return found == places.end() ? std::nullopt : std::optional(found->second);
}

void place_tokens(TrackedPoint& point, const LoggedPlaces& logged, double tokens_per_step) {
  const PointRecord& record = point.record;
  point.tokens = number(record.tokens);
  point.tokens_source = point.tokens ? record.tokens_source : "";
  // Where a step has to be assumed for some, it is for all: an axis has one source.
  const bool logs = !(tokens_per_step > 0);
  if (!point.tokens && logs && (point.tokens = at(logged.tokens, record.step)))
    point.tokens_source = "log";
  if (!point.tokens && record.step == 0) {
    point.tokens = 0;
    point.tokens_source = "step 0";
  }
  if (!point.tokens && tokens_per_step > 0) {
    point.tokens = static_cast<double>(record.step) * tokens_per_step;
    point.tokens_source = "assumed";
  }
}

void place_flops(TrackedPoint& point, double parameters) {
  point.flops = number(point.record.flops);
  point.flops_source = point.flops ? point.record.flops_source : "";
  if (point.flops || !point.tokens || !(parameters > 0)) return;
  constexpr double kFlopsAToken = 6;  // for each parameter, forward and backward
  point.flops = kFlopsAToken * parameters * *point.tokens;
  point.flops_source = "6 N tokens";
}

std::string remedy(SeriesAxis axis) {
  switch (axis) {
    case SeriesAxis::kTokens:
      return "give --tokens-per-step N or a --log that has tokens";
    case SeriesAxis::kFlops:
      return "give --tokens-per-step N or a --log that has tokens: FLOPs are 6 N tokens then";
    case SeriesAxis::kTime:
      return "give a --log that has times at the steps of the checkpoints";
    case SeriesAxis::kSteps:
      break;
  }
  return "";
}

}  // namespace

std::string name_of(SeriesAxis axis) {
  switch (axis) {
    case SeriesAxis::kTokens:
      return "tokens";
    case SeriesAxis::kFlops:
      return "FLOPs";
    case SeriesAxis::kTime:
      return "hours of training";
    case SeriesAxis::kSteps:
      break;
  }
  return "steps";
}

std::vector<std::optional<double>> seconds_of_training(const TrainingLog& log) {
  std::vector<std::optional<double>> out;
  double elapsed = 0;
  const TrainingPoint* before = nullptr;
  for (const TrainingPoint& point : log.live.points) {
    out.emplace_back();
    if (!point.seconds) continue;
    const bool restarted =
        before && std::any_of(log.restarts.begin(), log.restarts.end(), [&](std::int64_t step) {
          return before->step <= step && step < point.step;
        });
    if (before && !restarted) elapsed += *point.seconds - *before->seconds;
    out.back() = elapsed;
    before = &point;
  }
  return out;
}

void place_points(std::vector<TrackedPoint>& points, const std::vector<double>& parameters,
                  const TrainingLog* log, const TrackingRequest& request) {
  const LoggedPlaces logged = log ? places_of(*log) : LoggedPlaces();
  for (std::size_t i = 0; i < points.size(); ++i) {
    TrackedPoint& point = points[i];
    place_tokens(point, logged, request.tokens_per_step);
    place_flops(point, parameters[i]);
    point.seconds = at(logged.seconds, point.record.step);
    point.x = position(point, request.axis);
    if (point.on_line() && !point.x)
      throw UserError("nothing says where this checkpoint stands on the axis of " +
                      name_of(request.axis) + "; " + remedy(request.axis) + ": " +
                      point.record.checkpoint);
  }
}

}  // namespace flm
