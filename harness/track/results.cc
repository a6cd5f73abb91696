#include "harness/track/results.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/clock.h"
#include "base/system/files.h"
#include "base/system/terminal_size.h"
#include "base/text/joined.h"
#include "base/text/shell_word.h"
#include "harness/process/write_or_tell.h"
#include "harness/terminal/jsonl.h"
#include "harness/track/points.h"
#include "reports/store/store_flag.h"

namespace flm {
namespace {

constexpr double kOutputSeconds = 20;  // between two writings, at least
constexpr double kOutputPause = 30;    // and this many times what the last one took

SeriesAxis axis_of(const std::string& name) {
  static const std::map<std::string, SeriesAxis> axes = {{"steps", SeriesAxis::kSteps},
                                                         {"tokens", SeriesAxis::kTokens},
                                                         {"flops", SeriesAxis::kFlops},
                                                         {"time", SeriesAxis::kTime}};
  return axes.at(name);
}

/// A name as it is where it can be one of a file, else with a part of its hash behind: of "a b",
/// "a/b" and "a-b" each has its own.
std::string file_name_of(const std::string& series) {
  std::string out;
  for (char c : series) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' ||
                       static_cast<unsigned char>(c) >= 0x80;
    if (plain)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '_')) out.pop_back();
  out.erase(0, std::min(out.find_first_not_of(".-"), out.size()));
  if (out == series) return out;
  constexpr std::size_t kDigits = 8;
  return (out.empty() ? "series" : out) + "-" + sha256_hex(series).substr(0, kDigits);
}

/// --log as typed: files by the series that they are of.
std::map<std::string, std::vector<std::string>> logs_by_series(
    const std::vector<std::string>& typed, const std::vector<std::string>& series) {
  std::map<std::string, std::vector<std::string>> out;
  for (const std::string& word : typed) {
    const auto of = std::find_if(series.begin(), series.end(), [&](const std::string& name) {
      return word.starts_with(name + "=");
    });
    if (of != series.end()) {
      out[*of].push_back(word.substr(of->size() + 1));
    } else if (series.size() == 1) {
      out[series.front()].push_back(word);
    } else {
      throw UserError("--log: with several series it wants SERIES=FILE, of " +
                      joined(series, ", ") + ": " + word);
    }
  }
  return out;
}

/// The name of the newest run on a line; "" where there is none.
std::string last_run(const Tracking& tracking) {
  for (const TrackedSeries& series : tracking.series)
    for (auto point = series.points.rbegin(); point != series.points.rend(); ++point)
      if (point->on_line()) return point->run_name;
  return "";
}

std::string outputs_folder(const Options& options, const std::vector<std::string>& series) {
  if (!options.run.output.empty()) return options.run.output;
  return "runs/track-" + file_name_of(options.run.name.empty() ? series.front() : options.run.name);
}

}  // namespace

TrackingResults::TrackingResults(const Options& options, std::vector<std::string> series)
    : options_(options), folder_(outputs_folder(options, series)) {
  (void)logs(series);
  const std::vector<std::string>& by = options.track.by;
  if (options.track.logs.empty() && std::find(by.begin(), by.end(), "lr") != by.end())
    throw UserError(
        "--by lr is the highest rate of each series' log: give --log SERIES=FILE (--by: " +
        joined(by, ",") + ")");
  if (!by.empty() && series.size() < 2 && !options.track.watch)  // others may come while it watches
    throw UserError(
        "--by compares several runs: give more --series, or a glob over their folders (--by: " +
        joined(by, ",") + ")");
  if (options.track.logs.empty() && axis_of(options.track.axis) == SeriesAxis::kTime)
    throw UserError(
        "--x time is read from a trainer's log: give --log FILE with times in it (--x: time)");
  make_folder(folder_);
}

std::vector<TrainingLog> TrackingResults::logs(const std::vector<std::string>& series) const {
  if (options_.track.logs.empty()) return {};
  auto files = logs_by_series(options_.track.logs, series);
  std::vector<TrainingLog> out;
  for (const std::string& name : series)  // one without a log has an empty one
    out.push_back(files.contains(name) ? log(files[name]) : TrainingLog{});
  return out;
}

/// Beside a trainer a log may not be there yet, or be moved away: the curves are not held up.
TrainingLog TrackingResults::log(const std::vector<std::string>& files) const {
  try {
    return read_training_log(files, options_.track.loss_key);
  } catch (const UserError& error) {
    if (!options_.track.watch) throw;
    TrainingLog none;
    none.notes.push_back(std::string("no log: ") + error.what());
    return none;
  }
}

TrackingRequest TrackingResults::request(const std::vector<std::string>& series,
                                         const std::set<std::string>& runs) const {
  const TrackFlags& flags = options_.track;
  TrackingRequest request;
  request.series = series;
  request.runs = runs;
  request.axis = axis_of(flags.axis);
  request.logs = logs(series);
  request.tokens_per_step = flags.tokens_per_step;
  request.by = flags.by;
  request.extrapolate = flags.extrapolate;
  request.smooth = flags.smooth;
  request.store_flag = store_flag(options_.run.store);
  return request;
}

namespace {

std::string curves_again_text(const std::string& flag) {
  return "what was scored is stored, and the same command with another " + flag +
         " DIR writes the curves";
}

}  // namespace

void TrackingResults::write_files(const Tracking& tracking) const {
  write_or_tell([&] { write_tracking_outputs(tracking, folder_); }, curves_again_text("--output"));
  const std::string& events = options_.track.tensorboard;
  if (!events.empty())
    write_or_tell([&] { write_tensorboard_events(tracking, events); },
                  curves_again_text("--tensorboard"));
}

/// UserErrors of the axis, the sweep, the fit and the logs.
Tracking TrackingResults::write(Store& store, const TrackingRequest& request) const {
  Tracking tracking = build_tracking(store, request);
  write_files(tracking);
  return tracking;
}

namespace {

/// What can be had of any series: curves over steps, without a sweep and a fit.
TrackingRequest plain(TrackingRequest request) {
  request.axis = SeriesAxis::kSteps;
  request.by.clear();
  request.extrapolate.reset();
  return request;
}

}  // namespace

void TrackingResults::write_so_far(Tracker& tracker, Progress& progress) const {
  TrackingRequest so_far = request(tracker.series_with_points(), tracker.asked_runs());
  if (so_far.series.size() < tracker.series().size()) so_far.by.clear();  // the others come yet
  try {
    (void)write(tracker.store(), so_far);
  } catch (const UserError& error) {
    (void)write(tracker.store(), plain(so_far));
    progress.note(std::string("curves over steps so far: ") + error.what());
  }
}

void TrackingResults::write_unless_recent(Tracker& tracker, Progress& progress) {
  const double now = monotonic_seconds();
  if (last_ > 0 && now - last_ < std::max(kOutputSeconds, kOutputPause * took_)) return;
  try {
    write_so_far(tracker, progress);
  } catch (const UserError& error) {
    progress.note(std::string("no curves yet: ") + error.what());
  }
  last_ = monotonic_seconds();
  took_ = last_ - now;
}

void TrackingResults::finish(Tracker& tracker) const {
  const std::vector<std::string> series = tracker.series_with_points();
  if (series.empty()) return;
  const TrackingRequest asked = request(series, tracker.asked_runs());
  try {
    return print(write(tracker.store(), asked));
  } catch (const UserError&) {
    print(write(tracker.store(), plain(asked)));
    throw;
  }
}

void TrackingResults::print(const Tracking& tracking) const {
  if (options_.json) return print_line(tracking_json(tracking));
  std::fputs(render_tracking_text(tracking, terminal_columns()).c_str(), stdout);
  if (const std::string run = last_run(tracking); !run.empty())
    std::printf("  flmeval report %s --format html%s > report.html\n", shell_word(run).c_str(),
                tracking.request.store_flag.c_str());
  std::printf("%s/curves.html\n", folder_.c_str());
}

}  // namespace flm
