// Items whose score needs generated code to run: kept until several are there, then run in
// parallel.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
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

class CodeScoring {
 public:
  void add(const PlannedTask& task, const PlannedItem& item) { waiting_.push_back({&task, &item}); }
  bool empty() const { return waiting_.empty(); }
  /// Scores what waits, one item a core, and hands the records over in order; leaves the rest where
  /// `stop` is set.
  void flush(const std::atomic<bool>& stop,
             const std::function<void(std::vector<SampleRecord>&&)>& deliver);

 private:
  struct Waiting {
    const PlannedTask* task;
    const PlannedItem* item;
  };
  std::vector<Waiting> waiting_;
};

}  // namespace flm
