#include "engine/parallel/thread_group.h"

#include <algorithm>
#include <string_view>

#include "base/errors.h"

namespace flm {
namespace {

std::string describe(int rank, const CollectiveCall& call) {
  return "rank " + std::to_string(rank) + " calls " + call.name + " of " +
         std::to_string(call.size) + " from root " + std::to_string(call.root);
}

}  // namespace

ThreadGroup::ThreadGroup(int ranks, std::chrono::milliseconds timeout)
    : timeout_(timeout), calls_(ranks), present_(ranks), left_(ranks) {}

void ThreadGroup::meet(int rank, const CollectiveCall& call) {
  std::unique_lock lock(mutex_);
  calls_[rank] = call;
  present_[rank] = true;
  const std::int64_t meeting = meetings_;
  if (std::find(left_.begin(), left_.end(), true) != left_.end()) {
    fail_locked(describe(rank, call) + ", but without " + absent_ranks() +
                ", which left the group");
  }
  if (failure_.empty() && ++met_ == size()) {
    check_agreement();
    if (failure_.empty()) {
      met_ = 0;
      present_.assign(size(), false);
      ++meetings_;
      changed_.notify_all();
    }
  }
  const auto over = [&] { return meetings_ != meeting || !failure_.empty(); };
  const bool receiver = std::string_view(call.name) == "broadcast" && rank != call.root;
  while (!over()) {
    // A receiver starts to count when its root is there.
    const bool idle = receiver && !present_[call.root];
    if (idle) {
      changed_.wait(lock, [&] { return over() || present_[call.root]; });
    } else if (!changed_.wait_for(lock, timeout_, over)) {
      fail_locked(describe(rank, call) + " and has waited " + std::to_string(timeout_.count()) +
                  " ms for " + absent_ranks());
    }
  }
  // A completed meeting counts even if the group has failed since: the others are at the data.
  if (meetings_ == meeting) FLM_CHECK(false, failure_);
}

void ThreadGroup::part() {
  std::unique_lock lock(mutex_);
  const std::int64_t parting = partings_;
  if (++parted_ == size()) {
    parted_ = 0;
    ++partings_;
    changed_.notify_all();
  }
  changed_.wait(lock, [&] { return partings_ != parting; });
}

void ThreadGroup::check_agreement() {
  for (int rank = 1; rank < size(); ++rank) {
    const CollectiveCall &first = calls_[0], &other = calls_[rank];
    if (std::string_view(first.name) == other.name && first.size == other.size &&
        first.root == other.root) {
      continue;
    }
    fail_locked("ranks disagree: " + describe(0, first) + ", " + describe(rank, other));
    return;
  }
}

void ThreadGroup::fail(const std::string& reason) {
  std::lock_guard lock(mutex_);
  fail_locked(reason);
}

std::string ThreadGroup::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

void ThreadGroup::leave(int rank) {
  std::lock_guard lock(mutex_);
  left_[rank] = true;
  if (met_ > 0) {
    fail_locked("rank " + std::to_string(rank) + " left the group while others wait for " +
                absent_ranks());
  }
}

void ThreadGroup::fail_locked(const std::string& reason) {
  if (failure_.empty()) failure_ = reason;
  changed_.notify_all();
}

std::string ThreadGroup::absent_ranks() const {
  std::string names;
  for (int rank = 0; rank < size(); ++rank) {
    if (!present_[rank]) names += (names.empty() ? "rank " : ", ") + std::to_string(rank);
  }
  return names;
}

}  // namespace flm
