#include "reports/track/axes.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

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

/// What is counted at a point, who says so, and where the checkpoint itself does.
struct Count {
  const char* name;
  std::optional<double> TrackedPoint::*value;
  std::string TrackedPoint::*source;
  std::string PointRecord::*own;
  std::string PointRecord::*own_source;
};
constexpr Count kTokenCount{"tokens", &TrackedPoint::tokens, &TrackedPoint::tokens_source,
                            &PointRecord::tokens, &PointRecord::tokens_source};
constexpr Count kFlopCount{"FLOPs", &TrackedPoint::flops, &TrackedPoint::flops_source,
                           &PointRecord::flops, &PointRecord::flops_source};

/// Two neighbours on the line, of those that have the count, between which it does not rise, or
/// where it may stand still falls; null where there are none.
std::pair<const TrackedPoint*, const TrackedPoint*> neighbours_that_fall(
    const std::vector<TrackedPoint>& points, const Count& count, bool may_stand) {
  const TrackedPoint* before = nullptr;
  for (const TrackedPoint& point : points) {
    if (!point.on_line() || !(point.*count.value)) continue;
    const double now = *(point.*count.value);
    if (before) {
      const double last = *(before->*count.value);
      if (!(may_stand ? now >= last : now > last)) return {before, &point};
    }
    before = &point;
  }
  return {nullptr, nullptr};
}

/// "step_200 1024 (checkpoint)"
std::string counted(const TrackedPoint& point, const Count& count) {
  char text[32];
  std::snprintf(text, sizeof text, "%.15g", *(point.*count.value));
  return point.record.checkpoint + " " + text + " (" + point.*count.source + ")";
}

void clear(TrackedPoint& point, const Count& count) {
  (point.*count.value).reset();
  (point.*count.source).clear();
}

/// The numbers that stand in the checkpoints themselves, unless they are no counts.
void take_own(std::vector<TrackedPoint>& points, const Count& count,
              std::vector<std::string>& warnings) {
  for (TrackedPoint& point : points) {
    point.*count.value = number(point.record.*count.own);
    point.*count.source = point.*count.value ? point.record.*count.own_source : "";
  }
  const auto [before, after] = neighbours_that_fall(points, count, false);
  if (!before) return;
  warnings.push_back(std::string("the checkpoints' ") + count.name +
                     " do not rise from step to step, so that they are no count of all that was "
                     "done; they are left out: " +
                     counted(*before, count) + ", " + counted(*after, count));
  for (TrackedPoint& point : points) clear(point, count);
}

/// Of two sources that contradict each other the checkpoints themselves are believed.
void drop_what_contradicts(std::vector<TrackedPoint>& points, const Count& count,
                           std::vector<std::string>& warnings) {
  const auto [before, after] = neighbours_that_fall(points, count, true);
  if (!before) return;
  warnings.push_back(std::string(count.name) +
                     " of two sources fall from one step to the next, and only the checkpoints' "
                     "own are kept: " +
                     counted(*before, count) + ", " + counted(*after, count));
  for (TrackedPoint& point : points)
    if (point.*count.source != point.record.*count.own_source) clear(point, count);
}

void place_tokens(TrackedPoint& point, const LoggedPlaces& logged, double tokens_per_step) {
  const PointRecord& record = point.record;
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

bool tokens_rise(const std::vector<TrackedPoint>& points) {
  const bool all = std::all_of(points.begin(), points.end(), [](const TrackedPoint& point) {
    return !point.on_line() || point.tokens;
  });
  return all && !neighbours_that_fall(points, kTokenCount, false).first;
}

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
  const TrainingPoint* before = nullptr;  // where possible with a loss: evaluations may come late
  for (const TrainingPoint& point : log.live.points) {
    out.emplace_back();
    if (!point.seconds) continue;
    const bool restarted =
        before && std::any_of(log.restarts.begin(), log.restarts.end(), [&](std::int64_t step) {
          return before->step <= step && step < point.step;
        });
    const bool goes_on = before && !restarted;
    out.back() = elapsed + (goes_on ? std::max(0.0, *point.seconds - *before->seconds) : 0);
    if (before && before->loss && !point.loss) continue;
    elapsed = *out.back();
    before = &point;
  }
  const std::optional<double>* later = nullptr;
  for (auto at = out.rbegin(); at != out.rend(); ++at) {
    if (!*at) continue;
    if (later) *at = std::min(**at, **later);
    later = &*at;
  }
  return out;
}

void place_points(std::vector<TrackedPoint>& points, const std::vector<double>& parameters,
                  const TrainingLog* log, const TrackingRequest& request,
                  std::vector<std::string>& warnings) {
  const LoggedPlaces logged = log ? places_of(*log) : LoggedPlaces();
  take_own(points, kTokenCount, warnings);
  for (TrackedPoint& point : points) place_tokens(point, logged, request.tokens_per_step);
  drop_what_contradicts(points, kTokenCount, warnings);
  take_own(points, kFlopCount, warnings);
  for (std::size_t i = 0; i < points.size(); ++i) place_flops(points[i], parameters[i]);
  drop_what_contradicts(points, kFlopCount, warnings);
  for (TrackedPoint& point : points) {
    point.seconds = at(logged.seconds, point.record.step);
    point.x = position(point, request.axis);
    if (point.on_line() && !point.x)
      throw UserError("nothing says where this checkpoint stands on the axis of " +
                      name_of(request.axis) + "; " + remedy(request.axis) + ": " +
                      point.record.checkpoint);
  }
}

}  // namespace flm
