// Finished items on their way into the store and the output folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/progress.h"
#include "harness/plan/plan.h"
#include "harness/run/code_scoring.h"
#include "reports/store/store.h"

namespace flm {

/// Puts the samples of finished items, and decides when the store commits and when the output
/// folder is written again while results come. Refers to store, plan and progress, which outlive
/// it; used by one thread.
class Recorder {
 public:
  Recorder(Store& store, const RunPlan& plan, std::string run_id, std::string folder,
           Progress& progress);

  /// Puts the item's samples; code of an item runs first, beside the caller, and a later commit
  /// puts them.
  void add(const PlannedTask& task, const PlannedItem& item);

  /// Puts what was scored meanwhile, commits, and now and then writes the output folder.
  void commit();
  /// The same once all code has run (not after an interrupt).
  void finish();
  /// commit(), unless the last one from here was less than half a second ago.
  void commit_unless_recent();

  /// Nothing waits for its code to run.
  bool all_put() const { return code_.empty(); }
  std::int64_t items_done() const { return items_done_; }
  std::int64_t items_total() const { return items_total_; }

 private:
  void put(const std::vector<SampleRecord>& samples);
  void write_outputs_unless_recent();

  Store& store_;
  const std::string run_id_, folder_;
  Progress& progress_;
  CodeScoring code_;  // finished items whose code has not run yet
  std::int64_t items_done_ = 0, items_total_ = 0;
  bool finishing_ = false;  // only code is left to run: before, the engine says how far it is
  double last_commit_ = 0;  // of commit_unless_recent
  double last_output_, output_took_ = 0;
};

}  // namespace flm
