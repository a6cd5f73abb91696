// The computing of a run that has begun: requests to the engine, answers to their items, items into
// the store.
#pragma once

#include <cstdint>

#include "base/progress.h"
#include "harness/run/answers.h"
#include "harness/run/recorder.h"
#include "harness/run/start.h"

namespace flm {

/// One a run, which outlives it. Used by one thread.
class RunComputation {
 public:
  RunComputation(StartedRun& run, Progress& progress);

  /// Computes what the store lacks and records every item; the run's record then says what it cost.
  /// False: interrupted before all items were done, and what was finished is committed. UserErrors
  /// of the engine.
  bool compute();

  /// The result that was reported for a scoring request.
  ScoreResult stored_score(std::size_t request) const { return answers_.stored_score(request); }
  GenerateResult stored_generation(std::size_t generation) const {
    return answers_.stored_generation(generation);
  }
  std::int64_t items_done() const { return recorder_.items_done(); }
  std::int64_t items_total() const { return recorder_.items_total(); }

 private:
  void record_unasked();
  bool score();
  bool generate();
  void add_what_it_cost();

  StartedRun& run_;
  Progress& progress_;
  Recorder recorder_;
  Answers answers_;
};

/// The record's last state, committed.
void end_run(StartedRun& run, bool complete);

}  // namespace flm
