#include "harness/run/code_scoring.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <optional>

#include "base/errors.h"
#include "base/files.h"
#include "base/machine.h"
#include "harness/run/sample_records.h"

namespace flm {

ChosenJudge::ChosenJudge(const RunFlags& flags) : flags_(flags) {}

void ChosenJudge::prepare() {
  if (!flags_.export_code.empty()) {
    judge_ = collector_ = std::make_shared<ProgramCollector>();
  } else if (!flags_.code_verdicts.empty()) {
    judge_ = read_verdicts(flags_.code_verdicts);
  } else {
    judge_ = make_sandbox_judge(flags_.unsafe_code_execution);
  }
}

std::vector<CodeOutcome> ChosenJudge::judge(std::span<const CodeProgram> programs) const {
  FLM_CHECK(judge_ != nullptr, "generated code is judged before prepare()");
  return judge_->judge(programs);
}

std::string ChosenJudge::description() const { return judge_ ? judge_->description() : ""; }

void ChosenJudge::write_export() const {
  if (collector_) write_file_atomically(flags_.export_code, collector_->jsonl());
}

void CodeScoring::flush(const std::atomic<bool>& stop,
                        const std::function<void(std::vector<SampleRecord>&&)>& deliver) {
  std::vector<std::optional<std::vector<SampleRecord>>> records(waiting_.size());
  tbb::task_arena arena(available_threads());
  arena.execute([&] {
    tbb::parallel_for(std::size_t{0}, waiting_.size(), [&](std::size_t i) {
      if (!stop) records[i] = make_sample_records(*waiting_[i].task, *waiting_[i].item);
    });
  });
  std::vector<Waiting> left;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (records[i]) {
      deliver(std::move(*records[i]));
    } else {
      left.push_back(waiting_[i]);
    }
  }
  waiting_ = std::move(left);
}

}  // namespace flm
