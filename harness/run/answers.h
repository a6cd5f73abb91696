// The way of a result from the engine or the store to the item that waits for it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/engine.h"
#include "engine/tokenizer.h"
#include "harness/plan/plan.h"
#include "harness/requests/responses.h"
#include "reports/store/store.h"

namespace flm {

/// Which stored responses serve a run.
enum class Reuse {
  kStored,
  kOwn,  // --fresh: those alone that the run itself stored before it was stopped
};

/// Keeps the results of a plan's requests in the store and adds them to the answers of their items.
/// Refers to plan and store, which outlive it; used by one thread.
class Answers {
 public:
  /// Called once for every item whose last request is answered.
  using Finished = std::function<void(const PlannedTask&, const PlannedItem&)>;

  /// `tokenizer` may be null where nothing is generated; `max_length` is the model's context limit.
  Answers(RunPlan& plan, const RunRecord& record, Store& store, Reuse reuse,
          const Tokenizer* tokenizer, int max_length, Finished finished);

  /// Delivers the responses that the store holds already and notes how many they are.
  void take_stored(Progress& progress);

  /// Indices into the plan's scores and generations that the store lacks.
  const std::vector<std::size_t>& scores_left() const { return scores_left_; }
  const std::vector<std::size_t>& generations_left() const { return generations_left_; }
  std::int64_t from_store() const { return from_store_; }
  /// The generation with what the store has of its answer, cut by a lower limit, to go on from.
  GenerateRequest generation(std::size_t index) const;

  /// Stores the result of request `index` of the plan and delivers it.
  void put_score(std::size_t index, const ScoreResult& result);
  void put_generation(std::size_t index, const GenerateResult& result);

  /// The result that was reported for the scoring request `index`.
  ScoreResult stored_score(std::size_t index) const;
  /// The same for the generation `index`.
  GenerateResult stored_generation(std::size_t index) const;

 private:
  std::string key(const ScoreRequest& request) const;
  std::string key(const GenerateRequest& request) const;
  /// A stored response that serves this run.
  std::optional<std::string> usable(const std::string& key) const;
  void put(const std::string& key, const std::string& bytes);
  bool take_stored_generation(std::size_t index);
  void deliver(std::size_t index, const ScoreResult& result);
  void deliver(std::size_t index, const GenerateResult& result);
  void failed(const RequestHome& home, const std::string& error);
  void answered(const RequestHome& home);

  RunPlan& plan_;
  const ModelHashes model_;
  Store& store_;
  const std::string run_;
  const Reuse reuse_;
  const Tokenizer* tokenizer_;
  const int max_length_;
  Finished finished_;
  std::map<std::size_t, GenerateResult> begun_;  // by generation: answers to go on from
  std::vector<std::size_t> scores_left_, generations_left_;
  std::int64_t from_store_ = 0;
};

}  // namespace flm
