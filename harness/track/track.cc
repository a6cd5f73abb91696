#include "harness/track/track.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/errors.h"
#include "base/text/shell_word.h"
#include "harness/process/bus_error.h"
#include "harness/process/exit_code.h"
#include "harness/process/interrupt.h"
#include "harness/track/results.h"
#include "harness/track/series.h"
#include "harness/track/sweep_places.h"
#include "harness/track/tracker.h"

namespace flm {
namespace {

/// A glob without quotes reaches us as its matches: one of --series, the others as free words.
void refuse_free_words(const Options& options) {
  if (options.operands.empty()) return;
  std::string common = options.track.series.back();
  for (const std::string& word : options.operands) {
    const auto end = std::mismatch(common.begin(), common.end(), word.begin(), word.end()).first;
    common.erase(end, common.end());
  }
  throw UserError("--series takes one place; put a glob in quotes, as --series '" + common +
                  "*' (too much: " + options.operands.front() + ")");
}

/// No store is made for a series that is not there: what lies there, where there is no store yet.
std::optional<SeriesListing> look_before_the_store(const Options& options) {
  if (options.track.watch || std::filesystem::exists(options.run.store)) return std::nullopt;
  return list_series(series_flags(options.track.series, options.run.name), options.model.weights);
}

/// What is wrong with the flags is told before the store is made where it can be: of a first call.
TrackingResults results_of(const Options& options, const std::vector<FoundSeries>& series) {
  std::vector<std::string> names;
  for (const FoundSeries& one : series) names.push_back(one.name);
  if (!options.track.watch) check_sweep_places(series, options.track);  // else others may come
  return {options, names};
}

std::string command_to_go_on(const Options& options) {
  std::string out = "flmeval track";
  for (const TypedFlag& flag : options.typed) {
    if (flag.values == std::vector<std::string>{"true"}) {
      out += " " + flag.name;
      continue;
    }
    const bool each = flag.name == "--series";  // it takes one value at a time
    for (std::size_t i = 0; i < flag.values.size(); ++i)
      out += (i == 0 || each ? " " + flag.name : "") + " " + shell_word(flag.values[i]);
  }
  return out;
}

/// What a user must know of a series that is not all scored.
void tell_unscored(const std::vector<std::string>& unscored) {
  if (unscored.empty()) return;
  std::fprintf(stderr, "not scored, for reasons that stand in the curves:\n");
  for (const std::string& line : unscored) std::fprintf(stderr, "  %s\n", line.c_str());
}

}  // namespace

int execute_track(const Options& options, Progress& progress) {
  interrupt_flag();  // from here on a signal ends the work in good order
  refuse_free_words(options);
  std::optional<SeriesListing> seen = look_before_the_store(options);
  std::optional<TrackingResults> results;
  if (seen) results = results_of(options, seen->series);
  if (options.track.watch)
    options.model.nodes ? ask_for_a_start_on_bus_errors() : start_anew_on_bus_errors();
  Tracker tracker(options, progress, std::move(seen));
  if (!results) results = results_of(options, tracker.checkpoints());
  for (int tried = 0; tracker.step(); tried = tracker.tried())
    if (tracker.tried() > tried) results->write_unless_recent(tracker, progress);
  const bool interrupted = interrupt_flag();
  const std::vector<std::string> unscored = tracker.unscored();
  tell_unscored(unscored);
  results->finish(tracker);
  if (interrupted)
    std::fprintf(stderr, "interrupted; go on with: %s\n", command_to_go_on(options).c_str());
  return interrupted || !unscored.empty() ? kInterrupted : kDone;
}

}  // namespace flm
