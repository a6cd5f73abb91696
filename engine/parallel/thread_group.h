// Where the ranks of a ThreadCommunicator meet.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace flm {

/// What one rank asks for. All but the data must agree between ranks.
struct CollectiveCall {
  const char* name = "";  // a literal
  std::size_t size = 0;   // elements or bytes
  int root = 0;
  std::byte* data = nullptr;
};

/// Every collective is meet(), the exchange of data between the threads, part(). A group that has
/// failed stays failed: each call throws InternalError with the first reason.
class ThreadGroup {
 public:
  ThreadGroup(int ranks, std::chrono::milliseconds timeout);

  int size() const { return static_cast<int>(calls_.size()); }

  /// Waits until all ranks are here with the same call. Their data can be read until part().
  void meet(int rank, const CollectiveCall& call);
  /// Waits until all ranks are through with the data. Cannot fail: nobody runs foreign code in
  /// between.
  void part();

  const CollectiveCall& call(int rank) const { return calls_[rank]; }

  void fail(const std::string& reason);
  std::string failure() const;  // the first one; empty: none
  /// The rank makes no more calls.
  void leave(int rank);

 private:
  void check_agreement();
  void fail_locked(const std::string& reason);
  std::string absent_ranks() const;  // that have not come to the present meeting

  const std::chrono::milliseconds timeout_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<CollectiveCall> calls_;         // [ranks]
  std::vector<bool> present_;                 // [ranks]: has come to the present meeting
  std::vector<bool> left_;                    // [ranks]
  int met_ = 0, parted_ = 0;                  // ranks so far
  std::int64_t meetings_ = 0, partings_ = 0;  // completed
  std::string failure_;                       // empty: none
};

}  // namespace flm
