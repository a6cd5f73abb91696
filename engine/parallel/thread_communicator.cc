#include "engine/parallel/thread_communicator.h"

#include <cstring>
#include <exception>
#include <string>
#include <utility>

#include "base/errors.h"
#include "engine/parallel/column_parts.h"
#include "engine/parallel/thread_group.h"

namespace flm {
namespace {

class ThreadCommunicator final : public Communicator {
 public:
  ThreadCommunicator(int rank, std::shared_ptr<ThreadGroup> group)
      : rank_(rank), group_(std::move(group)) {}
  ~ThreadCommunicator() override { group_->leave(rank_); }

  int rank() const override { return rank_; }
  int size() const override { return group_->size(); }

  void all_gather(std::span<const std::byte> values, std::span<std::byte> out) override {
    const std::size_t n = values.size();
    check(out.size() == size() * n, "all_gather needs out of size() times the values");
    group_->meet(rank_, {"all_gather", n, 0, const_cast<std::byte*>(values.data())});
    for (int r = 0; r < size() && n > 0; ++r) {
      const std::byte* from = group_->call(r).data;
      if (from != out.data() + r * n) std::memcpy(out.data() + r * n, from, n);  // else in place
    }
    group_->part();
  }

  void gather_columns(const ColumnParts& columns) override {
    check(static_cast<int>(columns.parts.size()) == size(),
          "gather_columns needs a part for each rank");
    exchange("gather_columns", static_cast<std::size_t>(columns.rows), &columns,
             [&](std::span<const void* const> all) {
               for (int r = 0; r < size(); ++r)
                 copy_columns(*static_cast<const ColumnParts*>(all[static_cast<std::size_t>(r)]), r,
                              columns);
             });
  }

  void exchange(const char* what, std::size_t count, const void* mine,
                const UsePointers& use) override {
    auto* shown = static_cast<std::byte*>(const_cast<void*>(mine));
    group_->meet(rank_, {what, count, 0, shown});
    std::vector<const void*> all;
    for (int r = 0; r < size(); ++r) all.push_back(group_->call(r).data);
    std::exception_ptr error;  // told once the others are through as well
    try {
      use(all);
    } catch (...) {
      error = std::current_exception();
    }
    group_->part();
    if (error) std::rethrow_exception(error);
  }

  void broadcast(std::span<std::byte> values, int root) override {
    check(root >= 0 && root < size(), "broadcast from a rank that is not in the group");
    group_->meet(rank_, {"broadcast", values.size(), root, values.data()});
    if (rank_ != root && !values.empty()) {
      std::memcpy(values.data(), group_->call(root).data, values.size());
    }
    group_->part();
  }

  void barrier() override {
    group_->meet(rank_, {"barrier", 0, 0, nullptr});
    group_->part();
  }

  void abort(const char* reason) override {
    group_->fail("rank " + std::to_string(rank_) + " aborts: " + reason);
  }

  std::string failure() const override { return group_->failure(); }

 private:
  /// A wrong argument is fatal for all ranks, or the others would wait for this one.
  void check(bool good, const std::string& message) {
    if (good) return;
    group_->fail("rank " + std::to_string(rank_) + ": " + message);
    FLM_CHECK(false, message);
  }

  int rank_;
  std::shared_ptr<ThreadGroup> group_;
};

}  // namespace

std::vector<std::unique_ptr<Communicator>> make_thread_communicators(
    int ranks, std::chrono::milliseconds timeout) {
  FLM_CHECK(ranks >= 1, "a group of " + std::to_string(ranks) + " ranks");
  const auto group = std::make_shared<ThreadGroup>(ranks, timeout);
  std::vector<std::unique_ptr<Communicator>> ends;
  for (int rank = 0; rank < ranks; ++rank) {
    ends.push_back(std::make_unique<ThreadCommunicator>(rank, group));
  }
  return ends;
}

std::vector<std::unique_ptr<Communicator>> make_thread_communicators(int ranks) {
  return make_thread_communicators(ranks, std::chrono::minutes(10));
}

}  // namespace flm
