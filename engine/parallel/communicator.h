// Ranks that work on one model: one alone, or threads of a process. Collectives gather; none adds,
// so that no figure depends on the number of ranks.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace flm {

struct ColumnParts;

/// One rank's end. Every rank makes the same calls in the same order; a mismatch (other call, other
/// size) is found and reported as InternalError on all ranks instead of hanging. A rank that dies
/// (abort()) wakes the others with an error.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// out[rank * n .. ) = values of that rank; out.size() == size() * values.size().
  virtual void all_gather(std::span<const std::byte> values, std::span<std::byte> out) = 0;
  /// The ranks' columns become whole on each of them, in the host's memory.
  virtual void gather_columns(const ColumnParts& columns) = 0;
  /// Shows `mine` to the other ranks, who are threads of this process, and runs use(all of them, by
  /// rank): what they point to stays as it is until every rank is through. `what` and `size` must
  /// be the same on all ranks.
  using UsePointers = std::function<void(std::span<const void* const> all)>;
  virtual void exchange(const char* what, std::size_t size, const void* mine,
                        const UsePointers& use) = 0;
  virtual void broadcast(std::span<std::byte> values, int root) = 0;
  virtual void barrier() = 0;
  virtual void abort(const char* reason) = 0;
  /// Why the group makes no more calls; empty: it does. Any thread.
  virtual std::string failure() const { return {}; }
};

std::unique_ptr<Communicator> make_single_communicator();
/// `ranks` ends of one group, to be moved to one thread each.
std::vector<std::unique_ptr<Communicator>> make_thread_communicators(int ranks);

}  // namespace flm
