#include "harness/run/code_scoring.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "base/parallel_loop.h"
#include "base/system/files.h"
#include "base/system/machine.h"
#include "harness/run/sample_records.h"

namespace flm {
namespace {

/// Texts and answers of so many are held at most; beyond it decoding waits for their verdicts.
constexpr std::size_t kMostWaiting = 256;

}  // namespace

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

CodeScoring::~CodeScoring() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  came_.notify_all();
  if (worker_.joinable()) worker_.join();
}

void CodeScoring::add(const PlannedTask& task, const PlannedItem& item) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({&task, &item});
  }
  if (!worker_.joinable()) worker_ = std::thread([this] { work(); });
  came_.notify_one();
}

CodeScoring::Waiting* CodeScoring::take_one() {
  if (stopped_) return nullptr;
  const auto one = std::find_if(waiting_.begin(), waiting_.end(),
                                [](const Waiting& w) { return w.state == State::kWaits; });
  if (one == waiting_.end()) return nullptr;
  one->state = State::kRuns;
  return &*one;
}

/// Only the caller that took it touches it until its state says that it is scored.
void CodeScoring::score(Waiting& one) {
  try {
    one.records = make_sample_records(*one.task, *one.item);
  } catch (...) {
    one.failure = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    one.state = State::kScored;
  }
  scored_.notify_all();
}

void CodeScoring::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    Waiting* one = nullptr;
    came_.wait(lock, [&] { return closed_ || (one = take_one()) != nullptr; });
    if (closed_) return;
    lock.unlock();
    score(*one);
    lock.lock();
  }
}

/// On all cores, with the worker.
void CodeScoring::score_all(const std::atomic<bool>& stop) {
  tbb::task_arena arena(available_threads());
  parallel_loop(arena, available_threads(), [&](int) {
    while (!stop) {
      Waiting* one = nullptr;
      {
        const std::lock_guard lock(mutex_);
        one = take_one();
      }
      if (!one) return;
      score(*one);
    }
  });
  std::unique_lock lock(mutex_);
  stopped_ = stopped_ || stop;  // the worker takes no further one either; its last is waited for
  scored_.wait(lock, [&] {
    return std::none_of(waiting_.begin(), waiting_.end(),
                        [](const Waiting& w) { return w.state == State::kRuns; });
  });
}

void CodeScoring::deliver_scored(const Deliver& deliver) {
  while (true) {
    Waiting first{};
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty() || waiting_.front().state != State::kScored) return;
      first = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (first.failure) std::rethrow_exception(first.failure);
    deliver(std::move(first.records));
  }
}

void CodeScoring::take_scored(const std::atomic<bool>& stop, const Deliver& deliver) {
  deliver_scored(deliver);
  std::size_t left = 0;
  {
    const std::lock_guard lock(mutex_);
    left = waiting_.size();
  }
  if (left > kMostWaiting) finish(stop, deliver);
}

void CodeScoring::finish(const std::atomic<bool>& stop, const Deliver& deliver) {
  score_all(stop);
  deliver_scored(deliver);
}

}  // namespace flm
