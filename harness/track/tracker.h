// The loop of `flmeval track`: look at the series, score what is there, wait for more.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/progress.h"
#include "harness/cli/options.h"
#include "harness/track/checkpoint_scorer.h"
#include "harness/track/jobs.h"
#include "harness/track/points.h"
#include "harness/track/series.h"
#include "harness/track/waiting.h"

namespace flm {

/// Used by one thread.
class Tracker {
 public:
  /// UserErrors of flags, and of series that are not there. `seen`: what lies there, where somebody
  /// has just looked; headers of many checkpoints take their time to read.
  Tracker(const Options& options, Progress& progress,
          std::optional<SeriesListing> seen = std::nullopt);

  /// Scores one checkpoint, or waits for one. False: there is nothing more to do, or it was
  /// interrupted.
  bool step();

  /// Checkpoints that step() has scored, or tried to.
  int tried() const { return tried_; }
  /// Names of the series that were found.
  const std::vector<std::string>& series() const { return series_; }
  /// The series with the checkpoints that are there and those whose runs are stored.
  std::vector<FoundSeries> checkpoints();
  /// Those of them that the store knows by now.
  std::vector<std::string> series_with_points();
  Store& store() { return scorer_.store(); }
  /// Ids of the stored runs of the series that answer what this call asks; empty where no
  /// checkpoint could be opened, so that nobody knows.
  std::set<std::string> asked_runs();
  /// A line for each checkpoint that is there and not scored, with its state, and with the reason
  /// where that is not in the store; one that was skipped on demand, or deleted, is none of them.
  std::vector<std::string> unscored() const;

 private:
  struct Outcome {
    std::string files;          // identity of those that it is about
    std::string state, reason;  // as PointRecord
  };

  SeriesListing list();
  SeriesListing list(const SeriesFlag& flag);
  void look();
  void look_at(const SeriesListing& listing);
  void look_at(const std::string& series, const CheckpointState& checkpoint);
  /// Into the queue, unless the store has its run by now.
  void queue_unless_scored(ScoringJob job);
  void wait_for_others();
  void note_once(const std::string& line);
  void keep_up(const std::string& series);
  void score(ScoringJob job, const std::string& next);
  void record(const ScoringJob& job, const ScoringOutcome& outcome);
  bool reached_end() const;
  void wait();

  const Options options_;
  Progress& progress_;
  const std::vector<SeriesFlag> flags_;
  const WatchEnd end_;
  CheckpointScorer scorer_;
  Waiting waiting_;

  std::vector<std::string> series_;
  // Of the last look:
  std::vector<ScoringJob> found_;  // every checkpoint, in order
  std::vector<ScoringJob> jobs_;  // those that are to be scored, in the order in which they will be

  std::map<std::string, SeriesEntries> points_;   // by series
  std::map<std::string, Outcome> outcomes_;       // by path
  std::map<std::string, std::string> elsewhere_;  // runs that other processes compute, by path
  std::set<std::string> noted_;
  std::string seen_;  // all that the last look saw
  int tried_ = 0;
  double last_news_ = 0;
};

}  // namespace flm
