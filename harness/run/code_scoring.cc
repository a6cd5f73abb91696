#include "harness/run/code_scoring.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "base/errors.h"
#include "base/files.h"
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
  std::atomic<std::size_t> next = 0;
  std::mutex failing;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (std::size_t i; !stop && (i = next++) < waiting_.size();)
        records[i] = make_sample_records(*waiting_[i].task, *waiting_[i].item);
    } catch (...) {
      const std::lock_guard guard(failing);
      failure = std::current_exception();
      next = waiting_.size();
    }
  };
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> pool;
  for (std::size_t t = 1; t < std::min(cores, waiting_.size()); ++t) pool.emplace_back(work);
  work();
  for (std::thread& thread : pool) thread.join();
  if (failure) std::rethrow_exception(failure);
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
