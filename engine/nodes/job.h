// A job of several processes: who they are, what they share, and how all of them are asked at once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/nodes/link.h"
#include "engine/nodes/messages.h"

namespace flm {

/// This process among those of its host.
struct HostShare {
  std::int32_t index = 0, sharing = 1;  // among those with the same CPUs
  std::int32_t local_rank = 0, local_ranks = 1;
};

/// By host and CPUs of all ranks.
std::vector<HostShare> shares_of(const std::vector<Hello>& hellos);

/// Every rank's process, for people: MPICH's mpirun names a process that died by its number alone.
std::string describe_job(const std::vector<Hello>& hellos);

/// What was typed for all processes, for this one: its part of the threads and of the host's
/// memory, and of several GPUs one, where nothing else was typed.
EngineOptions for_share(EngineOptions options, const HostShare& share);

class Job {
 public:
  /// Joins: each tells the leader who it is, and learns its share of its host.
  Job(NodeLink::OpenTransport open, const Hello& me, LinkLimits limits = {});
  ~Job();

  int rank() const { return link_->rank(); }
  int ranks() const { return link_->ranks(); }
  const HostShare& share() const { return share_; }
  /// Of the leader: describe_job of all.
  const std::string& description() const { return description_; }
  NodeLink& link() { return *link_; }

  /// Leader: asks all others, who work while the caller does; answers_of() has their bodies, by
  /// rank from 1 on. Throws NodeLost, and what went wrong anywhere, under its name. Answers that
  /// nobody took, for the caller failed meanwhile, are let go before the next is asked.
  void ask_all(Ask ask, const Bytes& body);
  std::vector<Bytes> answers_of(Ask expected);
  /// Models that all were asked to open so far: whoever has the last one has the processes.
  int models_opened() const { return models_opened_; }

  /// Leaves the job, with the others.
  void leave();

 private:
  void welcome(const Hello& me);
  /// One answer of each, by rank from 1 on.
  std::vector<NodeMessage> collect();

  std::unique_ptr<NodeLink> link_;
  bool unanswered_ = false;  // what was asked last
  int models_opened_ = 0;
  HostShare share_;
  std::string description_;
};

/// This process: its program, host, CPUs and command line (without the program).
Hello describe_process(const std::vector<std::string>& words);
/// CPUs that this process may run on.
std::vector<std::int32_t> describe_cpus();

}  // namespace flm
