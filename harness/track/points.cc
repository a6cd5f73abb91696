#include "harness/track/points.h"

#include <sstream>
#include <tuple>

#include "base/documents/json.h"
#include "base/system/clock.h"
#include "base/system/places.h"

namespace flm {
namespace {

PointRecord point_of(const std::string& series, const CheckpointState& checkpoint,
                     const CheckpointFiles& files) {
  PointRecord point;
  point.series = series;
  point.checkpoint = checkpoint.name;
  point.path = checkpoint.path;
  point.layout = checkpoint.layout;
  point.step = checkpoint.step.value_or(0);
  if (checkpoint.tokens_seen) {
    point.tokens = std::to_string(*checkpoint.tokens_seen);
    point.tokens_source = "checkpoint";
  }
  if (checkpoint.flops) {
    point.flops = python_float_repr(*checkpoint.flops);
    point.flops_source = "trainer";
  }
  point.written = std::to_string(files.newest_written());
  return point;
}

/// Errors may have several lines; a gap has one.
std::string on_one_line(const std::string& text) {
  std::istringstream words(text);
  std::string out;
  for (std::string word; words >> word;) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// All but when it was noted.
bool says_the_same(PointRecord a, const PointRecord& b) {
  a.noted = b.noted;
  const auto fields = [](const PointRecord& p) {
    return std::tie(p.series, p.checkpoint, p.path, p.layout, p.step, p.tokens, p.tokens_source,
                    p.flops, p.flops_source, p.state, p.reason, p.run, p.weights_hash, p.written,
                    p.tries);
  };
  return fields(a) == fields(b);
}

}  // namespace

std::string run_name(const std::string& series, std::int64_t step) {
  return series + "@" + std::to_string(step);
}

SeriesEntries::SeriesEntries(Store& store, const std::string& series)
    : store_(store), series_(series) {
  read();
}

void SeriesEntries::read() {
  points_.clear();
  for (PointRecord& point : store_.points(series_))
    points_[{point.path, point.run}] = std::move(point);
}

std::optional<PointRecord> SeriesEntries::without_run(const std::string& path) const {
  const auto found = points_.find({path, ""});
  return found == points_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> SeriesEntries::runs_of(const std::string& path) const {
  std::vector<std::string> out;
  for (auto at = points_.lower_bound({path, ""}); at != points_.end() && at->first.first == path;
       ++at)
    if (!at->first.second.empty()) out.push_back(at->first.second);
  return out;
}

void SeriesEntries::note(const CheckpointState& checkpoint, const CheckpointFiles& files,
                         const std::string& state, const std::string& reason, bool tried) {
  PointRecord point = point_of(series_, checkpoint, files);
  point.state = state;
  point.reason = on_one_line(reason);
  const auto old = without_run(checkpoint.path);
  point.tries = (old ? old->tries : 0) + tried;
  put(std::move(point));
}

void SeriesEntries::scored(const CheckpointState& checkpoint, const CheckpointFiles& files,
                           const std::string& run, const std::string& weights_hash,
                           const std::string& reason) {
  PointRecord point = point_of(series_, checkpoint, files);
  point.state = "scored";
  point.reason = reason;
  point.run = run;
  point.weights_hash = weights_hash;
  const auto old = points_.find({checkpoint.path, run});
  const auto failed = without_run(checkpoint.path);
  point.tries = old != points_.end() ? old->second.tries : (failed ? failed->tries : 0) + 1;
  put(std::move(point));
}

void SeriesEntries::note_deleted() {
  std::vector<PointRecord> gone;
  for (const auto& [key, point] : points_) {
    if (point.run.empty() && point.state != "deleted" && is_gone(point.path)) gone.push_back(point);
  }
  for (PointRecord& point : gone) {
    point.reason = "deleted before it was scored; it was " + point.state;
    point.state = "deleted";
    put(std::move(point));
  }
}

void SeriesEntries::put(PointRecord point) {
  const auto old = points_.find({point.path, point.run});
  const bool replaces = !point.run.empty() && points_.contains({point.path, ""});
  if (old != points_.end() && !replaces && says_the_same(old->second, point)) return;
  point.noted = utc_timestamp();
  store_.put_point(point);
  store_.commit();
  if (!point.run.empty()) points_.erase({point.path, ""});
  points_[{point.path, point.run}] = std::move(point);
}

}  // namespace flm
