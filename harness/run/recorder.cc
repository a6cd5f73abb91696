#include "harness/run/recorder.h"

#include <algorithm>
#include <utility>

#include "base/system/clock.h"
#include "harness/process/interrupt.h"
#include "harness/run/sample_records.h"
#include "reports/report.h"
#include "reports/views/outputs.h"

namespace flm {
namespace {

constexpr double kCommitSeconds = 0.5;  // between two commits of generated texts, at least
constexpr double kOutputSeconds = 20;   // between two writings of the output folder, at least
constexpr double kOutputPause = 30;     // and this many times what the last one took

}  // namespace

Recorder::Recorder(Store& store, const RunPlan& plan, std::string run_id, std::string folder,
                   Progress& progress)
    : store_(store),
      run_id_(std::move(run_id)),
      folder_(std::move(folder)),
      progress_(progress),
      last_output_(monotonic_seconds()) {
  for (const PlannedTask& task : plan.tasks)
    items_total_ += static_cast<std::int64_t>(task.items.size());
}

void Recorder::add(const PlannedTask& task, const PlannedItem& item) {
  if (item.status == "ok" && task.task->runs_code()) return code_.add(task, item);
  put(make_sample_records(task, item));
}

void Recorder::put(const std::vector<SampleRecord>& samples) {
  for (const SampleRecord& sample : samples) store_.put_sample(run_id_, sample);
  ++items_done_;
  if (finishing_) progress_.update("items scored", items_done_, items_total_);
}

void Recorder::commit() {
  code_.take_scored(interrupt_flag(), [&](std::vector<SampleRecord>&& samples) { put(samples); });
  store_.commit();
  write_outputs_unless_recent();
}

void Recorder::finish() {
  finishing_ = !code_.empty();
  code_.finish(interrupt_flag(), [&](std::vector<SampleRecord>&& samples) { put(samples); });
  commit();
}

void Recorder::commit_unless_recent() {
  if (monotonic_seconds() - last_commit_ < kCommitSeconds) return;
  commit();
  last_commit_ = monotonic_seconds();
}

void Recorder::write_outputs_unless_recent() {
  if (folder_.empty()) return;
  const double now = monotonic_seconds();
  if (now - last_output_ < std::max(kOutputSeconds, kOutputPause * output_took_)) return;
  write_outputs(store_, build_report(store_, run_id_), folder_, false, LogPrompts::kNone);
  last_output_ = monotonic_seconds();
  output_took_ = last_output_ - now;
}

}  // namespace flm
