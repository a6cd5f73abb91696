// One checkpoint after the other over one plan, each as an ordinary stored run.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/checkpoint_state.h"
#include "harness/cli/options.h"
#include "harness/plan/unanswered.h"
#include "harness/run/heartbeat.h"
#include "harness/run/start.h"
#include "harness/track/checkpoint_files.h"
#include "harness/track/next_checkpoint.h"

namespace flm {

/// What became of a checkpoint that was to be scored.
struct ScoringOutcome {
  enum class Kind {
    kScored,
    kFailed,       // it cannot be read, or has no scores
    kChanged,      // somebody wrote its files meanwhile: what was computed is thrown away
    kDeleted,      // somebody deleted it meanwhile
    kInterrupted,  // Ctrl-C: what is finished is kept
    kElsewhere,    // another process scores it
  };
  Kind kind = Kind::kScored;
  std::string reason = {};        // why it is not scored; of a scored one what one must know
  std::string run = {};           // of one that is scored, or is scored elsewhere
  std::string weights_hash = {};  // of a scored one

  /// As PointRecord has it; of one that was interrupted or is scored elsewhere "waits".
  std::string state() const;
};

/// Owns the store, the plan, and the model of the checkpoint that is scored. Used by one thread.
class CheckpointScorer {
 public:
  /// Tries the flags that say how to compute, and opens the store. UserErrors.
  CheckpointScorer(const Options& options, Progress& progress);

  Store& store() { return *run_.store; }

  /// Which of `runs` scored the weights that lie in these files now, and asked what is asked now;
  /// nothing where none did, or where that cannot be told without reading the weights. Plans first
  /// where that was not done: UserErrors of tasks and data.
  std::optional<RunRecord> known_run(const CheckpointState& checkpoint,
                                     const CheckpointFiles& files,
                                     const std::vector<std::string>& runs);

  /// Scores it, goes on with what an interrupted call has left, and takes a finished run of this
  /// name and these weights as it is. `next` is read meanwhile ("" = nothing). UserErrors of tasks
  /// and data; all others are the checkpoint's.
  ScoringOutcome score(const std::string& name, const CheckpointState& checkpoint,
                       const CheckpointFiles& files, const std::string& next);
  /// Whether a finished run of the store answers what this call asked of a model so far.
  bool answers(const std::string& run);

 private:
  void open_model(const CheckpointState& checkpoint);
  void close_model();
  void plan_for_model();
  std::string plan_key() const;
  Options options_of(const std::string& name, const CheckpointState& checkpoint);
  ScoringOutcome begin_and_compute(const CheckpointFiles& files, const std::string& next);
  std::optional<ScoringOutcome> take_up_or_claim(const CheckpointFiles& files);
  ScoringOutcome failed(const CheckpointFiles& files, const std::string& error);

  const Options options_;  // as typed
  Heartbeat progress_;     // shown, and of the run that is computed
  StartedRun run_;
  std::string opened_;               // path of the checkpoint whose model is open
  std::string planned_for_;          // plan_key() of run_.plan; "" before there is one
  Unanswered unanswered_;            // of run_.plan
  std::set<std::string> questions_;  // of every model so far: those of a sweep differ
  std::map<std::string, std::string> questions_of_runs_;
  std::string question_;  // question_hash of run_.plan and the last model
  bool begun_ = false;    // the run stands in the store, and is not ended
  NextCheckpoint next_;
};

}  // namespace flm
