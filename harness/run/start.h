// How a run begins: the store and the model are opened, the rules of resuming are held, the plan
// is made, and the run stands in the store before anything is computed.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/progress.h"
#include "engine/engine.h"
#include "engine/tokenizer.h"
#include "harness/cli/options.h"
#include "harness/plan/plan.h"
#include "harness/run/code_scoring.h"
#include "harness/run/replay.h"
#include "reports/store/store.h"

namespace flm {

/// What a run works with. Owns everything; used by one thread. Whoever runs one plan on several
/// models (harness/track) fills it in by itself and puts another engine into it for each.
struct StartedRun {
  Options options;                       // as typed, or those of the run that is resumed
  std::unique_ptr<Engine> engine;        // null for a replay
  std::unique_ptr<Engine> oracle;        // --verify-against, else null
  std::unique_ptr<Tokenizer> tokenizer;  // null for a replay that names none
  std::unique_ptr<ReplayLog> replay;     // null where a model answers
  std::unique_ptr<Store> store;
  std::shared_ptr<ChosenJudge> judge;
  RunPlan plan;
  RunRecord record;
  std::optional<RunRecord> resumed;  // what the store has of the run that goes on
  std::string folder;                // of the output; "": none is written
};

/// UserError where flags, model, tasks or the run to resume do not go together.
StartedRun start_run(const Options& options, Progress& progress);

// Its steps, for a run whose store, tokenizer and engine are open:
/// Renders and tokenizes what will be asked.
void plan_run(StartedRun& run, Progress& progress);
/// Makes the record, with all that tells the run from others.
void identify_run(StartedRun& run);
/// Puts record and tasks into the store; a run that goes on is claimed.
void begin_run(StartedRun& run);

}  // namespace flm
