#include "harness/track/tracker.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

#include "base/errors.h"
#include "base/system/clock.h"
#include "base/text/joined.h"
#include "harness/process/interrupt.h"
#include "harness/track/earlier_runs.h"
#include "harness/track/path_pattern.h"

namespace flm {
namespace {

/// Seconds since somebody touched a file of the checkpoint, by this machine's clock.
double age_of(const CheckpointFiles& files) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count() -
         1e-9 * static_cast<double>(files.newest_touched());
}

constexpr double kLookElsewhere = 1;  // seconds between looks at what another process scores

std::string title_of(const ScoringJob& job) {
  const auto& step = job.checkpoint.step;
  return job.series + (step ? " step " + std::to_string(*step) : "") + " (" + job.checkpoint.name +
         ")";
}

/// It can no longer be scored, and files that it had when it was found are gone: trainers keep the
/// last few checkpoints. A file that it can do without (an optimizer's state) is no part of it.
bool was_deleted(const CheckpointFiles& found, const std::string& path,
                 const std::string& weights) {
  if (compare_files(found, look_at_files(path)).now != FilesNow::kDeleted) return false;
  try {
    return survey_checkpoints(path, weights).newest().state != Completeness::kComplete;
  } catch (const UserError&) {
    return true;
  }
}

/// Since it was found.
bool was_written(const ScoringJob& job) {
  return compare_files(job.files, look_at_files(job.checkpoint.path)).now == FilesNow::kChanged;
}

bool is_scored_or_given_up(const std::string& state) {
  return state == "scored" || state == "skipped" || state == "deleted";
}

}  // namespace

Tracker::Tracker(const Options& options, Progress& progress, std::optional<SeriesListing> seen)
    : options_(options),
      progress_(progress),
      flags_(series_flags(options.track.series, options.run.name)),
      end_(watch_end(options.track.until)),
      scorer_(options, progress),
      waiting_(options.track.settle),
      last_news_(monotonic_seconds()) {
  if (seen)
    look_at(*seen);
  else
    look();
}

bool Tracker::step() {
  if (interrupt_flag()) return false;
  const auto ready = first_ready(jobs_);
  if (ready && options_.track.watch && was_written(jobs_[*ready])) {
    look();  // it has to settle anew
    return true;
  }
  if (ready) {
    (void)resolve_config(jobs_[*ready].checkpoint.path, options_.model.model_config);
    const ScoringJob job = std::move(jobs_[*ready]);
    jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(*ready));
    const auto next = first_ready(jobs_);
    score(job, next ? jobs_[*next].checkpoint.path : "");
  } else if (options_.track.watch) {
    if (reached_end()) return false;
    wait();
  } else {
    if (jobs_.empty()) return false;
    wait_for_others();
  }
  // A look at a long series costs more than a small checkpoint's score.
  const bool is_time = !first_ready(jobs_) || waiting_.look_is_due(monotonic_seconds());
  if (options_.track.watch && !interrupt_flag() && is_time) look();
  return true;
}

/// Where nothing is there (yet, or any more): the series of the store that has its name, or none.
SeriesListing Tracker::list(const SeriesFlag& flag) {
  try {
    return list_series({flag}, options_.model.weights);
  } catch (const UserError& error) {
    const std::string name = flag.name.empty() ? tidy_path(flag.place) : flag.name;
    const bool stored = !scorer_.store().points(name).empty();
    if (!options_.track.watch && !stored) throw;
    note_once((stored ? "only what is stored is there: " : "waits for the first checkpoint: ") +
              std::string(error.what()));
    return stored ? SeriesListing{{{name, {}}}, {}} : SeriesListing{};
  }
}

SeriesListing Tracker::list() {
  SeriesListing out;
  std::set<std::string> names;
  for (const SeriesFlag& flag : flags_) {
    SeriesListing one = list(flag);
    out.notes.insert(out.notes.end(), one.notes.begin(), one.notes.end());
    for (FoundSeries& series : one.series) {
      if (!names.insert(series.name).second)
        throw UserError("two series have one name; name them apart with NAME=GLOB: " + series.name);
      out.series.push_back(std::move(series));
    }
  }
  return out;
}

std::vector<FoundSeries> Tracker::checkpoints() {
  std::vector<FoundSeries> out;
  for (const std::string& name : series_) {
    out.push_back({name, {}});
    for (const ScoringJob& job : found_)
      if (job.series == name) out.back().checkpoints.push_back(job.checkpoint);
    for (const PointRecord& point : store().points(name)) {
      if (point.run.empty()) continue;
      CheckpointState stored;
      stored.name = point.checkpoint;
      stored.step = point.step;
      if (!point.tokens.empty()) stored.tokens_seen = std::stoll(point.tokens);
      out.back().checkpoints.push_back(std::move(stored));
    }
  }
  return out;
}

std::vector<std::string> Tracker::series_with_points() {
  std::vector<std::string> out;
  for (const std::string& name : series_)
    if (!store().points(name).empty()) out.push_back(name);
  return out;
}

std::set<std::string> Tracker::asked_runs() {
  std::set<std::string> out;
  for (const std::string& name : series_)
    for (const PointRecord& point : store().points(name))
      if (!point.run.empty() && scorer_.answers(point.run)) out.insert(point.run);
  return out;
}

void Tracker::look() {
  const double start = monotonic_seconds();
  look_at(list());
  const double end = monotonic_seconds();
  waiting_.looked(end, end - start);
}

void Tracker::look_at(const SeriesListing& listing) {
  for (const std::string& note : listing.notes) note_once(note);
  found_.clear();
  jobs_.clear();
  for (const FoundSeries& one : listing.series) {
    if (std::find(series_.begin(), series_.end(), one.name) == series_.end())
      series_.push_back(one.name);
    points_.try_emplace(one.name, scorer_.store(), one.name).first->second.note_deleted();
    for (const CheckpointState& checkpoint : one.checkpoints) look_at(one.name, checkpoint);
    if (options_.track.keep_up) keep_up(one.name);
  }
  sort_jobs(jobs_, options_.track.order == "newest");
  std::string seen;
  for (const ScoringJob& one : found_)
    seen += one.files.identity() + name_of(one.checkpoint.state) + "\n";
  if (seen != seen_) last_news_ = monotonic_seconds();
  seen_ = std::move(seen);
}

void Tracker::look_at(const std::string& series, const CheckpointState& checkpoint) {
  SeriesEntries& points = points_.at(series);
  ScoringJob job{series, checkpoint, look_at_files(checkpoint.path)};
  const std::string identity = job.files.identity();
  Outcome& outcome = outcomes_[checkpoint.path];
  if (outcome.files != identity) outcome = {identity, "", ""};
  if (checkpoint.state != Completeness::kComplete) {
    outcome.state = name_of(checkpoint.state);
    outcome.reason = checkpoint.reason;
    // One that was scored is being written or deleted anew: that alone is not worth an entry.
    const bool passes = checkpoint.state == Completeness::kIncomplete &&
                        !points.runs_of(checkpoint.path).empty() &&
                        !points.without_run(checkpoint.path);
    if (!passes) points.note(checkpoint, job.files, outcome.state, outcome.reason, false);
  } else if (!is_scored_or_given_up(outcome.state)) {
    queue_unless_scored(job);
  }
  found_.push_back(std::move(job));
}

void Tracker::queue_unless_scored(ScoringJob job) {
  const std::string& path = job.checkpoint.path;
  SeriesEntries& points = points_.at(job.series);
  std::vector<std::string> runs = points.runs_of(path);
  const auto other = elsewhere_.find(path);
  if (other != elsewhere_.end()) runs.push_back(other->second);
  if (const auto run = scorer_.known_run(job.checkpoint, job.files, runs)) {
    points.scored(job.checkpoint, job.files, run->id, run->weights_hash, "");
    outcomes_[path] = {job.files.identity(), "scored", ""};
    if (other != elsewhere_.end()) progress_.note(title_of(job) + ": scored elsewhere");
    elsewhere_.erase(path);
    return;
  }
  job.left = options_.track.watch
                 ? waiting_.left(job.checkpoint, job.files, monotonic_seconds(), age_of(job.files))
                 : 0;
  if (other != elsewhere_.end()) {
    if (is_computed(scorer_.store(), other->second))
      job.left = std::max(job.left, kLookElsewhere);
    else
      elsewhere_.erase(other);
  }
  jobs_.push_back(std::move(job));
}

/// Everything that is left is scored by other processes: it is waited for, and scored here where
/// they stop.
void Tracker::wait_for_others() {
  note_once("waits for what another process scores: " + joined(jobs_, ", ", title_of));
  wait();
  for (ScoringJob& job : std::exchange(jobs_, {})) queue_unless_scored(std::move(job));
}

void Tracker::note_once(const std::string& line) {
  if (noted_.insert(line).second) progress_.note(line);
}

/// Of a series only the newest that may be taken is; what is older and not scored is given up.
void Tracker::keep_up(const std::string& series) {
  std::optional<std::int64_t> newest;
  for (const ScoringJob& job : found_) {
    const bool counts =
        job.series == series && job.left <= 0 && job.checkpoint.state == Completeness::kComplete;
    if (counts) newest = std::max(newest.value_or(0), *job.checkpoint.step);
  }
  if (!newest) return;
  for (const ScoringJob& job : take_older(jobs_, series, *newest)) {
    Outcome& outcome = outcomes_[job.checkpoint.path];
    outcome.state = "skipped";
    outcome.reason = "--keep-up: step " + std::to_string(*newest) + " was there";
    points_.at(series).note(job.checkpoint, job.files, outcome.state, outcome.reason, false);
    progress_.note(title_of(job) + " skipped, " + outcome.reason);
  }
}

void Tracker::score(ScoringJob job, const std::string& next) {
  const CheckpointFiles found =
      std::exchange(job.files, look_at_files(job.checkpoint.path));  // it may have waited long
  const double start = monotonic_seconds();
  ScoringOutcome outcome =
      scorer_.score(run_name(job.series, *job.checkpoint.step), job.checkpoint, job.files, next);
  if (outcome.kind == ScoringOutcome::Kind::kFailed &&
      was_deleted(found, job.checkpoint.path, options_.model.weights))
    outcome = {ScoringOutcome::Kind::kDeleted, "deleted before it was scored"};
  record(job, outcome);
  ++tried_;
  last_news_ = monotonic_seconds();
  if (outcome.kind == ScoringOutcome::Kind::kInterrupted) return;
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f s", monotonic_seconds() - start);
  const std::string left = jobs_.empty() ? "" : ", " + std::to_string(jobs_.size()) + " more wait";
  progress_.note(title_of(job) + ": " + outcomes_[job.checkpoint.path].state + " in " + seconds +
                 (outcome.reason.empty() ? "" : ", " + outcome.reason) + left);
}

void Tracker::record(const ScoringJob& job, const ScoringOutcome& outcome) {
  using Kind = ScoringOutcome::Kind;
  SeriesEntries& points = points_.at(job.series);
  Outcome& kept = outcomes_[job.checkpoint.path];
  kept = {job.files.identity(), outcome.state(), outcome.reason};
  if (outcome.kind == Kind::kScored)
    return points.scored(job.checkpoint, job.files, outcome.run, outcome.weights_hash,
                         outcome.reason);
  if (outcome.kind == Kind::kInterrupted) return;
  if (outcome.kind == Kind::kElsewhere) {
    elsewhere_[job.checkpoint.path] = outcome.run;
    if (!options_.track.watch) queue_unless_scored(job);  // else the next look does
    return;
  }
  waiting_.failed(job.files, monotonic_seconds());
  points.note(job.checkpoint, job.files, kept.state, kept.reason, true);
}

bool Tracker::reached_end() const {
  if (end_.idle_seconds) return monotonic_seconds() - last_news_ >= *end_.idle_seconds;
  if (!end_.step || series_.empty()) return false;
  const bool waits = std::any_of(jobs_.begin(), jobs_.end(), [&](const ScoringJob& job) {
    const std::string& path = job.checkpoint.path;
    return *job.checkpoint.step <= *end_.step &&
           (outcomes_.at(path).state.empty() || elsewhere_.contains(path));
  });
  return !waits && std::all_of(series_.begin(), series_.end(), [&](const std::string& series) {
    return std::any_of(found_.begin(), found_.end(), [&](const ScoringJob& job) {
      return job.series == series && job.checkpoint.step.value_or(-1) >= *end_.step &&
             is_scored_or_given_up(outcomes_.at(job.checkpoint.path).state);
    });
  });
}

/// Until the next look is due, or a checkpoint may be taken, or somebody interrupts.
void Tracker::wait() {
  const bool news = monotonic_seconds() - last_news_ < 1;
  double pause = waiting_.pause(news);
  for (const ScoringJob& job : jobs_) pause = std::min(pause, job.left);
  const double end = monotonic_seconds() + pause;
  while (!interrupt_flag() && monotonic_seconds() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

std::vector<std::string> Tracker::unscored() const {
  std::vector<std::string> lines;
  for (const ScoringJob& job : found_) {
    const Outcome& outcome = outcomes_.at(job.checkpoint.path);
    if (is_scored_or_given_up(outcome.state)) continue;
    const bool waits = outcome.state.empty() || outcome.state == "waits";
    lines.push_back(title_of(job) + ": " + (waits ? "waits" : outcome.state) +
                    (waits && !outcome.reason.empty() ? ", " + outcome.reason : ""));
  }
  return lines;
}

}  // namespace flm
