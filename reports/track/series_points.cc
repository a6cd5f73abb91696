#include "reports/track/series_points.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <tuple>

#include "base/errors.h"
#include "base/text/joined.h"
#include "base/text/nearest_name.h"

namespace flm {
namespace {

constexpr std::size_t kNamed = 6;

/// Points of one step with one hash of weights; one without a run stands for itself.
struct Checkpoint {
  std::vector<PointRecord> entries;
  std::vector<RunRecord> runs;  // the newest first
};
using Checkpoints = std::map<std::tuple<std::int64_t, std::string, std::string>, Checkpoint>;

std::vector<PointRecord> points_of(Store& store, const std::string& series) {
  std::vector<PointRecord> out = store.points(series);
  if (!out.empty()) return out;
  std::set<std::string> known;
  for (const PointRecord& point : store.points("")) known.insert(point.series);
  const std::vector<std::string> names(known.begin(), known.end());
  const std::string near = nearest_name(series, names);
  throw UserError("the store " + store.path() + " has no points of this series" +
                  (names.empty()   ? "; it has no series"
                   : !near.empty() ? ", did you mean " + near + "?"
                                   : "; it has " + first_few(names, kNamed)) +
                  ": " + series);
}

bool newer(const RunRecord& a, const RunRecord& b) {
  return std::tie(a.created, a.id) > std::tie(b.created, b.id);
}

Checkpoints group_points(const std::vector<PointRecord>& points,
                         const std::map<std::string, RunRecord>& runs) {
  Checkpoints out;
  for (PointRecord point : points) {
    const auto run = runs.find(point.run);
    const bool scored = point.state == "scored" && run != runs.end();
    if (!scored && point.state == "scored") {
      point.state = "failed";
      point.reason = "its run is not in the store";
    }
    if (scored && point.weights_hash.empty()) point.weights_hash = run->second.weights_hash;
    Checkpoint& at = out[{point.step, scored ? point.weights_hash : "", scored ? "" : point.path}];
    if (scored) at.runs.push_back(run->second);
    at.entries.push_back(std::move(point));
  }
  for (auto& [key, checkpoint] : out) {
    std::sort(checkpoint.runs.begin(), checkpoint.runs.end(), newer);
    std::sort(checkpoint.entries.begin(), checkpoint.entries.end(),
              [](const PointRecord& a, const PointRecord& b) {
                return std::tie(a.path, a.run) < std::tie(b.path, b.run);
              });
  }
  return out;
}

/// The same path may have held both.
std::string described(const PointRecord& point) {
  return point.path + " (weights " + point.weights_hash.substr(0, 12) + ")";
}

std::string folder_of(const PointRecord& point) {
  return point.path.substr(0, point.path.find_last_of('/'));
}

/// Nanoseconds since the epoch of the newest of its files.
long long written(const Checkpoint& checkpoint) {
  long long out = 0;
  for (const PointRecord& entry : checkpoint.entries)
    out = std::max(out, std::strtoll(entry.written.c_str(), nullptr, 10));
  return out;
}

class Gathering {
 public:
  Gathering(Checkpoints checkpoints, const std::set<std::string>& asked)
      : checkpoints_(std::move(checkpoints)), asked_(asked) {}

  SeriesPoints gather() {
    choose_kind();
    for (auto& [key, checkpoint] : checkpoints_) add(checkpoint);
    supersede();
    warn_of_equal_weights();
    warn_of_others();
    return std::move(out_);
  }

 private:
  void choose_kind() {
    const RunRecord* newest = nullptr;
    for (const auto& [key, checkpoint] : checkpoints_)
      for (const RunRecord& run : checkpoint.runs)
        if (is_asked(run) && (!newest || newer(run, *newest))) newest = &run;
    if (!newest) return;
    out_.protocol_hash = newest->protocol_hash;
    out_.numerics = newest->numerics;
    out_.numerics_hash = newest->numerics_hash;
  }

  void add(Checkpoint& checkpoint) {
    TrackedPoint point;
    point.record = checkpoint.entries.front();
    point.state = point.record.state;
    std::vector<RunRecord> kept;
    for (const RunRecord& run : checkpoint.runs) {
      if (is_asked(run) && run.protocol_hash == out_.protocol_hash &&
          run.numerics_hash == out_.numerics_hash)
        kept.push_back(run);
    }
    if (kept.empty() && !checkpoint.runs.empty()) set_aside(checkpoint.runs.front(), point);
    if (!kept.empty()) {
      point.record.run = kept.front().id;
      point.run_name = kept.front().name;
      for (const RunRecord& run : kept) point.runs.push_back(run.id);
    }
    written_.push_back(written(checkpoint));
    out_.points.push_back(std::move(point));
    out_.runs.push_back(std::move(kept));
  }

  bool is_asked(const RunRecord& run) const { return asked_.empty() || asked_.contains(run.id); }

  void set_aside(const RunRecord& run, TrackedPoint& point) {
    const bool protocol = run.protocol_hash != out_.protocol_hash;
    const bool numerics = run.numerics_hash != out_.numerics_hash;
    point.state = protocol ? "other protocol" : numerics ? "other numerics" : "other items";
    (protocol   ? other_protocol_
     : numerics ? other_numerics_
                : other_items_)
        .push_back(point.record.checkpoint);
  }

  /// Of several weights at one step the later file is what training went on from, also where it
  /// cannot be scored.
  void supersede() {
    for (std::size_t begin = 0, end = 0; begin < out_.points.size(); begin = end) {
      std::optional<std::size_t> latest;
      for (end = begin; end < out_.points.size() && same_step(begin, end); ++end)
        if (out_.points[end].on_line() && (!latest || later(end, *latest))) latest = end;
      if (!latest) continue;
      for (std::size_t i = begin; i < end; ++i)
        if (out_.points[i].on_line() && i != *latest) supersede(i, *latest);
      for (std::size_t i = begin; i < end; ++i)
        if (is_unscorable(out_.points[i].state) && took_the_place(i, *latest)) {
          give_up(*latest, i);
          break;
        }
    }
  }

  /// Of an entry without a run: written later, or what lies now where the scored weights lay.
  bool took_the_place(std::size_t unscored, std::size_t scored) const {
    const bool same_place = out_.points[unscored].record.path == out_.points[scored].record.path;
    return written_[unscored] > written_[scored] ||
           (same_place && written_[unscored] != written_[scored]);
  }

  void give_up(std::size_t scored, std::size_t now) {
    TrackedPoint& point = out_.points[scored];
    const PointRecord& other = out_.points[now].record;
    const std::string what = other.state + (other.reason.empty() ? "" : ": " + other.reason);
    point.state = "superseded";
    point.record.reason = "its step was written again and cannot be scored, " + what;
    out_.warnings.push_back("step " + std::to_string(other.step) +
                            " was written again after it had been scored, and has no figure now: " +
                            other.checkpoint + ", " + what);
  }

  bool same_step(std::size_t i, std::size_t j) const {
    return out_.points[i].record.step == out_.points[j].record.step;
  }

  bool later(std::size_t i, std::size_t j) const {
    return std::tie(written_[i], out_.points[i].record.weights_hash) >
           std::tie(written_[j], out_.points[j].record.weights_hash);
  }

  void supersede(std::size_t older, std::size_t newer) {
    TrackedPoint& point = out_.points[older];
    const PointRecord& other = out_.points[newer].record;
    const std::string step = std::to_string(point.record.step);
    point.state = "superseded";
    point.record.reason =
        "step " + step + " has other weights that were written later: " + other.path;
    out_.warnings.push_back(
        "two checkpoints of step " + step + " have different weights: " + described(other) +
        " was written later and is on the line, " + described(point.record) + " is not");
  }

  void warn_of_equal_weights() {
    std::map<std::string, const TrackedPoint*> seen;
    for (const TrackedPoint& point : out_.points) {
      if (point.record.weights_hash.empty()) continue;
      const auto [first, added] = seen.try_emplace(point.record.weights_hash, &point);
      if (added || first->second->record.step == point.record.step) continue;
      out_.warnings.push_back(
          "the weights of two steps are equal: " + first->second->record.checkpoint + " and " +
          point.record.checkpoint + " (" + point.record.weights_hash.substr(0, 12) +
          "); one is not that step's");
    }
  }

  void warn_of_others() {
    const auto warn = [&](const std::vector<std::string>& names, const std::string& what) {
      if (names.empty()) return;
      out_.warnings.push_back("scored under " + what + " than the line and not on it: " +
                              first_few(names, kNamed) + "; score them again to join them");
    };
    warn(other_protocol_, "another protocol");
    warn(other_numerics_, "other numerics");
    warn(other_items_, "other tasks, data or limits");
  }

  Checkpoints checkpoints_;
  const std::set<std::string>& asked_;
  SeriesPoints out_;
  std::vector<long long> written_;  // [points]
  std::vector<std::string> other_protocol_, other_numerics_, other_items_;
};

}  // namespace

bool is_unscorable(const std::string& state) {
  return state == "failed" || state == "broken" || state == "refused" || state == "changed";
}

SeriesPoints gather_points(Store& store, const std::map<std::string, RunRecord>& runs,
                           const std::string& series, const std::set<std::string>& asked,
                           const std::string& folder) {
  std::vector<PointRecord> points = points_of(store, series);
  if (!folder.empty())
    std::erase_if(points, [&](const PointRecord& p) { return folder_of(p) != folder; });
  return Gathering(group_points(points, runs), asked).gather();
}

std::vector<std::string> folders_of(Store& store, const std::string& series) {
  std::set<std::string> out;
  for (const PointRecord& point : points_of(store, series)) out.insert(folder_of(point));
  return {out.begin(), out.end()};
}

}  // namespace flm
