// Room 7: plan, call the engine, score, record; one loop.
#pragma once

#include <memory>
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

/// One run of `flmeval run`. Owns everything; used by one thread.
class Run {
 public:
  Run(const Options& options, Progress& progress);
  ~Run();
  int execute();  // the exit code

 private:
  void open_store();
  void open_model();
  void make_plan();
  void begin();  // run id, output folder, records of run and tasks
  void take_stored_responses();
  bool compute();  // false: interrupted
  void finish_item(PlannedItem& item, const PlannedTask& task);
  void deliver_score(std::size_t index, const ScoreResult& result);
  void deliver_generation(std::size_t index, const GenerateResult& result);
  void put_samples(const std::vector<SampleRecord>& samples);
  void commit();
  void record_unanswered();  // flagged and failed items, replayed items
  void verify();
  /// The result that was reported for request `index`.
  ScoreResult stored_score(std::size_t index) const;
  int verify_against();  // the exit code
  int finish(bool complete);

  Options options_;
  Progress& progress_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Engine> oracle_;  // --verify-against
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<ReplayLog> replay_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<ChosenJudge> judge_;
  CodeScoring code_;  // finished items whose code has not run yet
  RunPlan plan_;
  RunRecord record_;
  std::string folder_;
  std::vector<std::size_t> scores_left_, generations_left_;  // indices that the store lacks
  std::int64_t items_done_ = 0, items_total_ = 0, answered_from_store_ = 0;
  EngineCounters counters_;
  double last_output_ = 0, output_took_ = 0;
};

}  // namespace flm
