// Items whose score needs generated code to run: it runs beside what is decoded.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "harness/plan/plan.h"
#include "reports/store/record.h"
#include "tasks/sandbox/code_judge.h"

namespace flm {

/// Who judges, as the flags say: a file of verdicts, nobody (--export-code), else the sandbox,
/// which is opened when the first task that runs code is met. One a run.
class ChosenJudge : public CodeJudge {
 public:
  explicit ChosenJudge(const RunFlags& flags);
  /// Opens what is needed, so that a run fails before it has computed anything. UserError.
  void prepare();
  std::vector<CodeOutcome> judge(std::span<const CodeProgram> programs) const override;
  std::string description() const override;
  /// Writes the programs of --export-code; nothing without it.
  void write_export() const;

 private:
  RunFlags flags_;
  std::shared_ptr<const ProgramCollector> collector_;
  std::shared_ptr<const CodeJudge> judge_;
};

/// Scores such items beside the decoding of others, in the order in which they came: a thread of
/// its own takes one after the other, and where too many wait, or at the end, all cores do.
/// Called by one thread; tasks and items outlive it, and finished items do not change.
class CodeScoring {
 public:
  ~CodeScoring();
  void add(const PlannedTask& task, const PlannedItem& item);
  bool empty() const { return waiting_.empty(); }

  using Deliver = std::function<void(std::vector<SampleRecord>&&)>;
  /// Hands over what is scored of the first in order, and waits for none unless too many wait.
  void take_scored(const std::atomic<bool>& stop, const Deliver& deliver);
  /// Scores what waits and hands it over in order; leaves the rest where `stop` is set.
  void finish(const std::atomic<bool>& stop, const Deliver& deliver);

 private:
  enum class State { kWaits, kRuns, kScored };
  struct Waiting {
    const PlannedTask* task;
    const PlannedItem* item;
    State state = State::kWaits;
    std::vector<SampleRecord> records = {};
    std::exception_ptr failure = {};
  };
  /// The first that nobody scores yet becomes the caller's; null: there is none, or all was
  /// stopped.
  Waiting* take_one();
  void score(Waiting& one);
  void work();
  void score_all(const std::atomic<bool>& stop);
  void deliver_scored(const Deliver& deliver);

  std::mutex mutex_;
  std::condition_variable came_, scored_;
  std::deque<Waiting> waiting_;  // in the order in which they came; places stay while others go
  bool closed_ = false, stopped_ = false;
  std::thread worker_;
};

}  // namespace flm
