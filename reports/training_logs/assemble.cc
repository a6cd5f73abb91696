#include "reports/training_logs/assemble.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "reports/statistics/curves/loss_spikes.h"
#include "reports/training_logs/attempts.h"
#include "reports/training_logs/resolution.h"

namespace flm {
namespace {

bool is_not_finite(const TrainingPoint& point) {
  return point.nan_iterations > 0 || (point.loss && !std::isfinite(*point.loss));
}

std::vector<std::int64_t> nan_steps_of(const std::vector<TrainingPoint>& points) {
  std::vector<std::int64_t> out;
  for (const TrainingPoint& point : points)
    if (is_not_finite(point)) out.push_back(point.step);
  return out;
}

std::vector<LossSpike> spikes_of(const std::vector<TrainingPoint>& points) {
  std::vector<double> x, y;
  std::vector<std::int64_t> steps;
  for (const TrainingPoint& point : points) {
    if (!point.loss) continue;
    x.push_back(static_cast<double>(point.step));
    y.push_back(*point.loss);
    steps.push_back(point.step);
  }
  std::vector<LossSpike> out;
  for (const Spike& spike : find_spikes(x, y)) {
    LossSpike one{steps[spike.at], spike.before, spike.peak,
                  (spike.peak - spike.before) / spike.spread, std::nullopt};
    if (spike.recovered) one.recovered = steps[*spike.recovered];
    out.push_back(one);
  }
  return out;
}

/// Tokens of each batch, not of all so far, are no axis.
void drop_tokens_that_fall(TrainingLog& log) {
  const bool may_stand = log.format == "nanotron";  // three digits do so for a while
  std::optional<double> last;
  bool rises = true;
  for (const TrainingPoint& point : log.live.points) {
    if (!point.tokens) continue;
    rises = rises && std::isfinite(*point.tokens) &&
            (!last || *point.tokens > *last || (may_stand && *point.tokens == *last));
    last = point.tokens;
  }
  if (rises) return;
  for (TrainingPoint& point : log.live.points) point.tokens.reset();
  for (TrainingBranch& branch : log.lost)
    for (TrainingPoint& point : branch.points) point.tokens.reset();
  log.notes.push_back(
      "the log's tokens do not rise from step to step, so that they are no count of what was seen; "
      "they are left out");
}

/// The longest pause of a log that says nothing of restarts, if it is out of proportion.
std::string longest_pause(const std::vector<TrainingPoint>& points) {
  std::vector<double> paces;
  double longest = 0;
  const TrainingPoint *last = nullptr, *before = nullptr, *after = nullptr;
  for (const TrainingPoint& point : points) {
    if (!point.loss || !point.seconds) continue;
    if (last) {
      const double pace =
          (*point.seconds - *last->seconds) / static_cast<double>(point.step - last->step);
      paces.push_back(pace);
      if (pace > longest) {
        longest = pace;
        before = last;
        after = &point;
      }
    }
    last = &point;
  }
  if (paces.size() < 8) return "";
  std::nth_element(paces.begin(), paces.begin() + paces.size() / 2, paces.end());
  if (longest < 20 * paces[paces.size() / 2] || longest < 60) return "";
  return "; the longest pause, " +
         std::to_string(std::llround(*after->seconds - *before->seconds)) +
         " s, is between steps " + std::to_string(before->step) + " and " +
         std::to_string(after->step);
}

/// Between attempts a clock may be another machine's.
bool is_restart_between(const TrainingLog& log, std::int64_t before, std::int64_t after) {
  return std::any_of(log.restarts.begin(), log.restarts.end(),
                     [&](std::int64_t step) { return before <= step && step < after; });
}

/// A clock that was set, or a summer that ended where no time zone is logged.
void add_notes_of_the_clock(TrainingLog& log) {
  const TrainingPoint *last = nullptr, *first = nullptr;
  double back = 0;
  std::size_t times = 0;
  for (const TrainingPoint& point : log.live.points) {
    if (!point.loss || !point.seconds) continue;
    const double went = last ? *point.seconds - *last->seconds : 0;
    if (went <= -1 && !is_restart_between(log, last->step, point.step)) {
      if (times++ == 0) {
        first = &point;
        back = -went;
      }
    }
    last = &point;
  }
  if (!first) return;
  log.notes.push_back("the log's clock goes back by " + std::to_string(std::llround(back)) +
                      " s at step " + std::to_string(first->step) +
                      (times > 1 ? ", and " + std::to_string(times - 1) + " times more" : "") +
                      "; no time is counted for such a step");
}

void add_notes_of_format(TrainingLog& log) {
  if (log.format == "wandb")
    log.notes.push_back(
        "a W&B history has one branch: steps that a restart did again may be those of the attempt "
        "before it, and the file does not say which" +
        longest_pause(log.live.points));
  if (log.format == "trainer_state")
    log.notes.push_back(
        "trainer_state.json has the branch that led to its checkpoint: steps that a restart threw "
        "away are in none");
}

void add_notes_of_attempts(TrainingLog& log, const Attempts& attempts) {
  if (attempts.repeated > 0 && log.format != "trainer_state")
    log.notes.push_back(std::to_string(attempts.repeated) +
                        " lines say again what others say (several ranks); they count once");
  for (const TrainingBranch& branch : log.lost) {
    const std::vector<std::int64_t> steps = nan_steps_of(branch.points);
    if (!steps.empty())
      log.notes.push_back("losses of attempt " + std::to_string(branch.attempt) +
                          " that are not finite were thrown away: " + std::to_string(steps.size()) +
                          " between steps " + std::to_string(steps.front()) + " and " +
                          std::to_string(steps.back()));
  }
}

}  // namespace

TrainingLog assemble_log(std::vector<LogFile> files, const LogNames& names) {
  FLM_CHECK(!files.empty(), "a log");
  TrainingLog log;
  log.format = files.front().format;
  for (const LogFile& file : files)
    log.notes.insert(log.notes.end(), file.notes.begin(), file.notes.end());
  names.keep_best(files, log.notes);
  log.loss_key = names.loss_name(files);
  if (names.over_samples())
    log.notes.push_back("the steps of \"" + log.loss_key + "\" are samples");
  keep_one_rank(files, log.notes);
  order_files(files, log.notes);
  const std::optional<std::int64_t> every = files.back().logging_steps;
  Attempts attempts = cut_attempts(files);
  log.live = std::move(attempts.live);
  log.lost = std::move(attempts.lost);
  log.restarts = attempts.restarts;
  drop_tokens_that_fall(log);
  log.averaging = averaging_of(log.format, every.value_or(step_distance(log.live.points)));
  log.resolution = loss_resolution(log.live.points);
  log.nan_steps = nan_steps_of(log.live.points);
  log.spikes = spikes_of(log.live.points);
  add_notes_of_attempts(log, attempts);
  add_notes_of_the_clock(log);
  add_notes_of_format(log);
  return log;
}

}  // namespace flm
