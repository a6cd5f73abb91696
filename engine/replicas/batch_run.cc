#include "engine/replicas/batch_run.h"

#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/system/clock.h"
#include "engine/replicas/team.h"
#include "engine/scoring/batch_time.h"

namespace flm {
namespace {

/// The slices as batches, in order: the next one is packed while models compute.
class BatchesAhead {
 public:
  explicit BatchesAhead(const BatchRun& run) : run_(run), slices_(run.slices) {}

  struct Taken {
    std::size_t index = 0;
    const TrieSlice* slice = nullptr;
    ScoringBatch batch;
    bool another = false;  // batch follows
  };
  /// Nothing where none is left.
  std::optional<Taken> take() {
    const std::lock_guard lock(mutex_);
    if (slices_.empty()) return std::nullopt;
    Taken taken{run_.slices.size() - slices_.size(), &slices_.front(),
                next_.valid() ? next_.get() : run_.pack(slices_.front()), slices_.size() > 1};
    slices_ = slices_.subspan(1);
    if (!slices_.empty())
      next_ = std::async(std::launch::async, run_.pack, std::cref(slices_.front()));
    return taken;
  }

 private:
  const BatchRun& run_;
  std::mutex mutex_;
  std::span<const TrieSlice> slices_;  // not taken yet
  std::future<ScoringBatch> next_;
};

PassControl control_of(const BatchesAhead::Taken& taken, double stop_seconds,
                       const std::atomic<bool>& stop, std::function<void(double done)> note,
                       std::function<bool()> ended) {
  PassControl control;
  control.another = taken.another;
  control.go_on = [&stop, stop_seconds, start = monotonic_seconds(), note = std::move(note),
                   ended = std::move(ended), asked = std::optional<double>()](double done) mutable {
    note(done);
    if (ended()) return false;
    if (!stop.load()) return true;
    const double now = monotonic_seconds();
    if (!asked) asked = now;
    return worth_finishing(now - start, done, stop_seconds - (now - *asked));
  };
  return control;
}

/// In the calling thread.
bool run_alone(Replica& replica, const BatchRun& run, const std::atomic<bool>& stop) {
  BatchesAhead batches(run);
  std::int64_t rows = 0;
  while (!stop.load()) {
    const double start = monotonic_seconds();
    auto taken = batches.take();
    if (!taken) return true;
    const std::int64_t own = taken->slice->end - taken->slice->begin;
    const auto note = [&](double done) {
      run.progress(rows + static_cast<std::int64_t>(done * static_cast<double>(own)));
    };
    auto answers =
        replica.score(taken->batch.rows, taken->batch.queries,
                      control_of(*taken, run.stop_seconds, stop, note, [] { return false; }));
    if (!answers) return false;
    run.deliver({taken->slice, std::move(taken->batch.recipients), std::move(*answers),
                 monotonic_seconds() - start});
    run.progress(rows += own);
  }
  return run.slices.empty();
}

/// Puts what comes in any order into that of the slices.
class InOrder {
 public:
  explicit InOrder(const BatchRun& run) : run_(run) {}

  void take(std::size_t index, BatchDone&& done) {
    waiting_.emplace(index, std::move(done));
    for (auto it = waiting_.begin(); it != waiting_.end() && it->first == delivered_;
         it = waiting_.erase(it), ++delivered_)
      hand_over(std::move(it->second));
  }
  /// Those whose forerunners were given up.
  void finish() {
    for (auto& [index, done] : waiting_) hand_over(std::move(done));
    delivered_ += waiting_.size();
    waiting_.clear();
  }
  bool all() const { return delivered_ == run_.slices.size(); }

 private:
  void hand_over(BatchDone&& done) {
    const double now = monotonic_seconds();
    done.seconds = now - last_;
    last_ = now;
    run_.deliver(std::move(done));
  }

  const BatchRun& run_;
  std::map<std::size_t, BatchDone> waiting_;
  std::size_t delivered_ = 0;
  double last_ = monotonic_seconds();
};

bool run_together(std::span<Replica* const> replicas, const BatchRun& run,
                  const std::atomic<bool>& stop) {
  using Indexed = std::pair<std::size_t, BatchDone>;
  BatchesAhead batches(run);
  InOrder in_order(run);
  Team<Indexed> team;
  std::atomic<std::int64_t> rows = 0;                              // of batches that are done
  std::vector<std::atomic<std::int64_t>> flying(replicas.size());  // of one in flight
  const auto drive = [&](std::size_t member) {
    const auto ended = [&] { return team.failed(); };
    while (!stop.load() && !ended()) {
      auto taken = batches.take();
      if (!taken) return;
      const std::int64_t own = taken->slice->end - taken->slice->begin;
      const auto note = [&](double done) {
        flying[member] = static_cast<std::int64_t>(done * static_cast<double>(own));
      };
      auto answers =
          replicas[member]->score(taken->batch.rows, taken->batch.queries,
                                  control_of(*taken, run.stop_seconds, stop, note, ended));
      flying[member] = 0;
      if (!answers) return;
      rows += own;
      team.bring(
          {taken->index, {taken->slice, std::move(taken->batch.recipients), std::move(*answers)}});
    }
  };
  const auto show = [&] {
    std::int64_t all = rows;
    for (const auto& one : flying) all += one;
    run.progress(all);
  };
  const auto take = [&](Indexed&& item) {
    in_order.take(item.first, std::move(item.second));
    show();
  };
  try {
    team.run(replicas.size(), drive, take, show);
  } catch (...) {
    if (!team.taker_failed()) in_order.finish();  // what the others have computed is not lost
    throw;
  }
  in_order.finish();
  return in_order.all();
}

}  // namespace

bool run_batches(std::span<Replica* const> replicas, const BatchRun& run,
                 const std::atomic<bool>& stop) {
  return replicas.size() == 1 ? run_alone(*replicas.front(), run, stop)
                              : run_together(replicas, run, stop);
}

}  // namespace flm
