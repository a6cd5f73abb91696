// A job whose processes are threads of a test, with faults on request.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "engine/nodes.h"
#include "engine/nodes/job.h"
#include "engine/nodes/transport.h"

namespace flm::test {

/// The wires between the ranks.
struct Wires {
  explicit Wires(int count)
      : ranks(count), boxes(static_cast<std::size_t>(count)), frozen(boxes.size()) {}
  const int ranks;
  std::mutex mutex;
  std::vector<std::deque<NodeTransport::Received>> boxes;
  std::vector<std::atomic<bool>> frozen;  // neither sends nor hears
  std::atomic<int> aborted = -1;
  std::atomic<int> finished = 0;
};

class ThreadTransport : public NodeTransport {
 public:
  ThreadTransport(Wires& wires, int rank) : wires_(wires), rank_(rank) {}
  int rank() const override { return rank_; }
  int ranks() const override { return wires_.ranks; }
  void send(int to, Bytes message) override {
    if (wires_.frozen[static_cast<std::size_t>(rank_)]) return;
    const std::lock_guard lock(wires_.mutex);
    wires_.boxes[static_cast<std::size_t>(to)].push_back({rank_, std::move(message)});
  }
  std::optional<Received> poll() override {
    if (wires_.frozen[static_cast<std::size_t>(rank_)]) return std::nullopt;
    const std::lock_guard lock(wires_.mutex);
    auto& box = wires_.boxes[static_cast<std::size_t>(rank_)];
    if (box.empty()) return std::nullopt;
    Received received = std::move(box.front());
    box.pop_front();
    return received;
  }
  bool idle() const override { return true; }
  void meet() override { met_ = true; }
  void finish() override {
    FLM_CHECK(met_, "a process leaves behind the meeting");
    ++wires_.finished;
  }
  void abort(int exit_code) noexcept override { wires_.aborted = exit_code; }

 private:
  Wires& wires_;
  const int rank_;
  bool met_ = false;
};

inline Hello hello_of(const std::string& host, std::vector<std::int32_t> cpus = {0, 1},
                      const std::string& build = "b") {
  return {build, host, std::move(cpus), 77, {}};
}

/// Runs body(job) on a thread for each rank; what each threw.
inline std::vector<std::string> run_job(Wires& wires, const LinkLimits& limits,
                                        const std::vector<Hello>& hellos,
                                        const std::function<void(Job&)>& body) {
  std::vector<std::string> errors(hellos.size());
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < wires.ranks; ++rank)
    threads.emplace_back([&, rank] {
      const auto r = static_cast<std::size_t>(rank);
      try {
        Job job([&wires, rank] { return std::make_unique<ThreadTransport>(wires, rank); },
                hellos[r], limits);
        body(job);
      } catch (const std::exception& error) {
        errors[r] = error.what();
      }
    });
  threads.clear();
  return errors;
}

}  // namespace flm::test
