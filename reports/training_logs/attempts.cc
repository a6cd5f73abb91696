#include "reports/training_logs/attempts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/errors.h"

namespace flm {
namespace {

constexpr double kOneMoment = 5;  // seconds between ranks that print the same line

bool same(const std::optional<double>& a, const std::optional<double>& b) {
  return a == b || (a && b && std::isnan(*a) && std::isnan(*b));
}

template <typename Slot>
void fill(Slot& slot, const Slot& value) {
  if (!slot) slot = value;
}

/// What `from` has and `point` lacks.
void merge(TrainingPoint& point, const TrainingPoint& from) {
  fill(point.loss, from.loss);
  fill(point.validation_loss, from.validation_loss);
  fill(point.learning_rate, from.learning_rate);
  fill(point.gradient_norm, from.gradient_norm);
  fill(point.tokens, from.tokens);
  fill(point.samples, from.samples);
  fill(point.seconds, from.seconds);
  point.nan_iterations = std::max(point.nan_iterations, from.nan_iterations);
  point.skipped_iterations = std::max(point.skipped_iterations, from.skipped_iterations);
}

struct LivePoint {
  TrainingPoint point;
  int attempt = 1;
};

class Cutter {
 public:
  /// A file whose entries were written while those of the one before it were.
  void begin_file(const std::string& path, const std::string& beside) {
    path_ = path;
    beside_ = beside;
  }

  void see(const LogEntry& entry) {
    if (entry.resumed)
      resumed_ = entry.resumed;
    else if (entry.point.loss)
      see_loss(entry.point);
    else
      waiting_.push_back(entry.point);
  }

  Attempts done() {
    attach_waiting();
    out_.live.attempt = attempt_;
    out_.live.points.reserve(live_.size());
    for (LivePoint& one : live_) out_.live.points.push_back(std::move(one.point));
    for (auto& [attempt, points] : lost_) {
      // A later restart may have thrown away earlier steps of it.
      std::stable_sort(
          points.begin(), points.end(),
          [](const TrainingPoint& a, const TrainingPoint& b) { return a.step < b.step; });
      out_.lost.push_back({attempt, std::move(points)});
    }
    return std::move(out_);
  }

 private:
  void see_loss(const TrainingPoint& point) {
    const std::optional<std::int64_t> said = std::exchange(resumed_, std::nullopt);
    // A checkpoint that steps begin behind; weights to start from are loaded, too.
    const bool resumes = said && *said > 0 && *said < point.step;
    if (last_loss_ && point.step <= *last_loss_ && is_repeated(point, resumes)) {
      ++out_.repeated;
      return;
    }
    if (resumes || (last_loss_ && point.step <= *last_loss_))
      restart(point.step, resumes ? said : std::nullopt);
    else
      attach_waiting();
    attach(point);
    last_loss_ = point.step;
  }

  /// Where `attach` puts the point of a step.
  std::vector<LivePoint>::iterator place_of(std::int64_t step) {
    if (live_.empty() || live_.back().point.step < step) return live_.end();
    return std::lower_bound(live_.begin(), live_.end(), step,
                            [](const LivePoint& a, std::int64_t b) { return a.point.step < b; });
  }

  void attach(const TrainingPoint& point) {
    const auto at = place_of(point.step);
    if (at != live_.end() && at->point.step == point.step)
      merge(at->point, point);
    else
      live_.insert(at, {point, attempt_});
  }

  void attach_waiting() {
    const std::vector<TrainingPoint> waiting = std::exchange(waiting_, {});
    std::vector<LivePoint> added;
    for (const TrainingPoint& point : waiting) {
      const auto at = place_of(point.step);
      if (at != live_.end() && at->point.step == point.step)
        merge(at->point, point);
      else
        added.push_back({point, attempt_});
    }
    insert_sorted(std::move(added));
  }

  /// All at once: many in the midst of many would take the square of their number.
  void insert_sorted(std::vector<LivePoint> added) {
    if (added.empty()) return;
    const auto earlier = [](const LivePoint& a, const LivePoint& b) {
      return a.point.step < b.point.step;
    };
    std::stable_sort(added.begin(), added.end(), earlier);
    const auto from = place_of(added.front().point.step) - live_.begin();
    const auto middle = static_cast<std::ptrdiff_t>(live_.size());
    for (const LivePoint& one : added) {
      const bool again = static_cast<std::ptrdiff_t>(live_.size()) > middle &&
                         live_.back().point.step == one.point.step;
      if (again)
        merge(live_.back().point, one.point);
      else
        live_.push_back(one);
    }
    std::inplace_merge(live_.begin() + from, live_.begin() + middle, live_.end(), earlier);
  }

  /// `timed`: only with times: where a restart is announced, equal figures may be computed again.
  bool is_repeated(const TrainingPoint& point, bool timed) {
    const auto at = place_of(point.step);
    if (at == live_.end() || at->point.step != point.step) return false;
    const TrainingPoint& held = at->point;
    const bool times = held.seconds && point.seconds;
    const bool same_time = times ? std::fabs(*held.seconds - *point.seconds) <= kOneMoment : !timed;
    return same_time && same(held.loss, point.loss) && same(held.tokens, point.tokens);
  }

  /// An attempt begins that logs `step` first. What waits for a loss and is of its first steps is
  /// its own.
  void restart(std::int64_t step, std::optional<std::int64_t> said) {
    if (!beside_.empty())
      throw UserError(
          "two logs that were written at the same time and say different things; name "
          "those of one run: " +
          beside_ + ", " + path_);
    const std::int64_t kept = said.value_or(step - 1);
    std::vector<TrainingPoint> own;
    for (const TrainingPoint& point : std::exchange(waiting_, {})) {
      if (point.step > kept && point.step <= step)
        own.push_back(point);
      else
        attach(point);
    }
    const auto cut = place_of(kept + 1);
    const bool goes_on = last_loss_.has_value();
    for (auto at = cut; at != live_.end(); ++at) lost_[at->attempt].push_back(at->point);
    live_.erase(cut, live_.end());
    out_.restarts.push_back(said ? *said : last_kept_loss(kept));
    attempt_ += goes_on ? 1 : 0;  // the first attempt may begin at a checkpoint
    waiting_ = std::move(own);
    attach_waiting();
  }

  /// The last logged step of a loss; `otherwise` where none is left.
  std::int64_t last_kept_loss(std::int64_t otherwise) const {
    for (auto at = live_.rbegin(); at != live_.rend(); ++at)
      if (at->point.loss) return at->point.step;
    return otherwise;
  }

  Attempts out_;
  std::vector<LivePoint> live_;  // ascending in step
  std::map<int, std::vector<TrainingPoint>> lost_;
  std::vector<TrainingPoint> waiting_;  // without a loss, until the next loss says whose they are
  std::optional<std::int64_t> resumed_, last_loss_;
  int attempt_ = 1;
  std::string path_, beside_;
};

/// From the first to the last time of a loss.
struct Span {
  double begin = 0, end = 0;
};

std::optional<Span> span_of(const LogFile& file) {
  std::optional<Span> out;
  for (const LogEntry& entry : file.entries) {
    if (!entry.point.loss || !entry.point.seconds) continue;
    const double at = *entry.point.seconds;
    out = out ? Span{std::min(out->begin, at), std::max(out->end, at)} : Span{at, at};
  }
  return out;
}

bool has_loss(const LogFile& file) {
  return std::any_of(file.entries.begin(), file.entries.end(),
                     [](const LogEntry& entry) { return entry.point.loss.has_value(); });
}

/// Of the first, or the last, entry with a loss.
std::int64_t first_step(const LogFile& file) {
  for (const LogEntry& entry : file.entries)
    if (entry.point.loss) return entry.point.step;
  return 0;
}
std::int64_t last_step(const LogFile& file) {
  for (auto at = file.entries.rbegin(); at != file.entries.rend(); ++at)
    if (at->point.loss) return at->point.step;
  return 0;
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

template <typename Key>
void sort_by(std::vector<LogFile>& files, const Key& key) {
  std::stable_sort(files.begin(), files.end(),
                   [&](const LogFile& a, const LogFile& b) { return key(a) < key(b); });
}

/// An attempt that begins before the steps of the first one did not go on from it: it began anew,
/// or a clock was wrong.
void note_a_strange_order(const std::vector<LogFile>& files, std::vector<std::string>& notes) {
  const auto first = std::find_if(files.begin(), files.end(), has_loss);
  for (auto file = first; file != files.end(); ++file) {
    if (!has_loss(*file) || first_step(*file) >= first_step(*first)) continue;
    notes.push_back("by their times " + file->path + ", which begins at step " +
                    std::to_string(first_step(*file)) + ", was written after " + first->path +
                    ", which begins at step " + std::to_string(first_step(*first)) +
                    ", and is taken for the later attempt; where a clock was wrong, join them to "
                    "one file in their order");
    return;
  }
}

}  // namespace

Attempts cut_attempts(std::vector<LogFile>& files) {
  Cutter cutter;
  std::optional<Span> before;
  std::string path_before;
  for (LogFile& file : files) {
    const std::optional<Span> span = span_of(file);
    const bool beside = before && span && span->begin < before->end - kOneMoment;
    cutter.begin_file(file.path, beside ? path_before : "");
    for (const LogEntry& entry : file.entries) cutter.see(entry);
    file.entries = {};
    if (span && (!before || span->end > before->end)) path_before = file.path;
    if (span) before = before ? Span{before->begin, std::max(before->end, span->end)} : span;
  }
  return cutter.done();
}

void order_files(std::vector<LogFile>& files, std::vector<std::string>& notes) {
  if (files.size() < 2) return;
  if (files.front().format == "tensorboard") {
    sort_by(files, [](const LogFile& file) { return base_name(file.path); });
    return note_a_strange_order(files, notes);
  }
  if (files.front().format == "trainer_state") return sort_by(files, last_step);
  const bool timed = std::all_of(files.begin(), files.end(),
                                 [](const LogFile& file) { return span_of(file).has_value(); });
  if (timed) {
    sort_by(files, [](const LogFile& file) { return span_of(file)->begin; });
    return note_a_strange_order(files, notes);
  }
  sort_by(files, first_step);
  notes.push_back("the logs have no times; they are put in the order of their first steps");
}

void keep_one_rank(std::vector<LogFile>& files, std::vector<std::string>& notes) {
  for (LogFile& file : files) {
    std::map<std::uint32_t, std::size_t> losses;
    for (const LogEntry& entry : file.entries)
      if (entry.point.loss) ++losses[entry.rank];
    if (losses.size() < 2) continue;
    const auto most =
        std::max_element(losses.begin(), losses.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    std::erase_if(file.entries, [&](const LogEntry& entry) {
      return entry.point.loss && entry.rank != most->first;
    });
    const std::string& rank = file.ranks[most->first];
    notes.push_back("lines of " + std::to_string(losses.size()) + " ranks in " + file.path + "; " +
                    (rank.empty() ? "those without a rank" : "those of " + rank) + " are read");
  }
}

}  // namespace flm
