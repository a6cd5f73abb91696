// The processes that one launcher (mpirun, srun) started for one job: a door for the program.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace flm {

class Job;

/// Rank 0 leads: it plans, deals batches and prompts, writes and prints. The others answer it.
class Nodes {
 public:
  /// Whether this process is the first that its launcher started, or alone: the one that does what
  /// needs one process. Joins nothing.
  static bool is_the_first();
  /// Null where this process was started alone, or is to be (FLM_ALONE). Joins the others and
  /// compares what they are. `words`: the command line, without the program. UserErrors: no plug-in
  /// for the launcher's MPI, a launcher that is not that MPI's, another build or command line of
  /// another process.
  static std::shared_ptr<Nodes> join(const std::vector<std::string>& words);
  /// What to say of how the launcher bound this process to cores; empty: nothing.
  static std::string advice();

  explicit Nodes(std::unique_ptr<Job> job);
  ~Nodes();
  bool leads() const;
  /// Of the leader: who the processes are, for people.
  const std::string& description() const;
  /// Of the others: answers the leader until it ends the job; the leader's exit code: a launcher
  /// that was itself sent a signal (MPICH's) goes by that of its last process.
  int serve();
  /// Of the leader: ends the job. Where a process was lost, or does not come to the end, all are
  /// ended with the exit code, this one too.
  void finish(int exit_code);

  Job& job() { return *job_; }

 private:
  std::unique_ptr<Job> job_;
};

}  // namespace flm
