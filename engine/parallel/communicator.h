// Ranks that work on one model. Single, threads (N ranks in one process), later NCCL and MPI.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace flm {

/// One rank's end. Every rank makes the same calls in the same order; a mismatch (other call, other
/// size) is found and reported as InternalError on all ranks instead of hanging. A rank that dies
/// (abort()) wakes the others with an error.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// In place: sum over ranks, added in rank order 0, 1, 2 ... in fp32, so the bits repeat.
  virtual void all_reduce_sum(std::span<float> values) = 0;
  /// out[rank * n .. ) = values of that rank; out.size() == size() * values.size().
  virtual void all_gather(std::span<const std::byte> values, std::span<std::byte> out) = 0;
  virtual void broadcast(std::span<std::byte> values, int root) = 0;
  virtual void barrier() = 0;
  virtual void abort(const char* reason) = 0;
};

std::unique_ptr<Communicator> make_single_communicator();
/// `ranks` ends of one group, to be moved to one thread each.
std::vector<std::unique_ptr<Communicator>> make_thread_communicators(int ranks);

}  // namespace flm
