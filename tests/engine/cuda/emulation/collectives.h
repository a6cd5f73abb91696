// What streams of several devices do together: the work of a collective is done once all of its
// ranks' streams have come to it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tests/engine/cuda/emulation/runtime_types.h"

namespace flm::emulation {

/// One collective of a group of ranks.
struct Meeting {
  std::vector<CudaStream> streams;  // by rank; null: it has not been enqueued there yet
  std::vector<std::uint64_t> at;    // its number among the entries of the rank's stream
  std::function<void()> work;       // done once, by whoever sees that all have come
  bool over = false;                // done, or given up

  bool enqueued_everywhere() const;
};

/// Enqueues rank `rank`'s part; while a stream records, `next` makes the meeting of each launch.
void enqueue_meeting(CudaStream stream, int rank,
                     const std::function<std::shared_ptr<Meeting>()>& next,
                     const std::vector<const void*>& arguments);
/// Lets everybody go on who waits for it; its work is not done.
void give_up(Meeting& meeting);

/// Asked by whatever may wait for a device (an allocation, a free): how often that happened while a
/// meeting was enqueued on some of its ranks' streams and not on others (NVIDIA/nccl#787: on a
/// device it may wait for ever).
std::int64_t hazards();

}  // namespace flm::emulation
