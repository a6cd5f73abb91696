#include "tests/engine/cuda/emulation/stream_queue.h"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/engine/cuda/emulation/emulated_device.h"

namespace flm::emulation {
namespace {

/// A step towards its end: waits for a rank, or runs what is ahead of it everywhere and then it.
void come_together(Meeting& meeting) {
  if (!meeting.enqueued_everywhere()) return device().mutex.wait_for_change();
  for (std::size_t r = 0; r < meeting.streams.size(); ++r)
    if (!meeting.over) run_until(meeting.streams[r], meeting.at[r]);
  if (meeting.over) return;
  meeting.work();
  meeting.over = true;
  device().mutex.changed();
}

/// Extents as compute capability 3.0 and newer takes them.
bool launchable(const dim3& grid, int threads) {
  constexpr unsigned kMostX = 0x7FFFFFFF, kMostOther = 65535;
  return threads > 0 && threads <= 1024 && grid.x > 0 && grid.y > 0 && grid.z > 0 &&
         grid.x <= kMostX && grid.y <= kMostOther && grid.z <= kMostOther;
}

cudaError_t refusal_of(CUstream_st* stream, const KernelLaunch& launch) {
  if (device().refusal != cudaSuccess) return std::exchange(device().refusal, cudaSuccess);
  if (stream->device != current_device()) return cudaErrorInvalidResourceHandle;
  if (!launchable(launch.grid, launch.threads)) return cudaErrorInvalidConfiguration;
  constexpr std::int64_t kWithoutAsking = 48 * 1024;
  return launch.shared_bytes <= std::max(kWithoutAsking, device().shared_bytes[launch.kernel])
             ? cudaSuccess
             : cudaErrorInvalidValue;
}

/// Whether a kernel runs; not where it faults or one before it did.
bool survives() {
  Device& d = device();
  if (d.coming_fault != cudaSuccess) d.fault = std::exchange(d.coming_fault, cudaSuccess);
  return d.fault == cudaSuccess;
}

/// A graph may run as long as these allocations are there.
void hold(CUgraph_st& graph, const std::vector<const void*>& arguments) {
  for (const void* address : arguments)
    if (void* base = allocation_of(address)) graph.allocations[base] = device().serials[base];
}

}  // namespace

void run_until(CUstream_st* stream, std::uint64_t upto) {
  while (stream->done < upto && !stream->entries.empty()) {
    const CUevent_st after = stream->entries.front().after;
    const std::shared_ptr<Meeting> meeting = stream->entries.front().meeting;
    if (after.stream && after.stream->done < after.upto) {
      run_until(after.stream, after.upto);
    } else if (meeting && !meeting->over) {
      come_together(*meeting);
    } else {
      const std::function<void()> work = std::move(stream->entries.front().work);
      stream->entries.pop_front();
      ++stream->done;
      if (work) work();
    }
  }
}

std::uint64_t end_of(CUstream_st* stream) { return stream->done + stream->entries.size(); }
void drain(CUstream_st* stream) { run_until(stream, end_of(stream)); }

void push(CUstream_st* stream, CUstream_st::Entry entry) {
  stream->entries.push_back(std::move(entry));
  if (device().eagerness == Eagerness::kEarly) drain(stream);
}

void refuse_capture(CUstream_st* stream, const char* what) {
  if (stream->capture) throw std::logic_error(std::string("while a stream records: ") + what);
}

void enqueue(CudaStream stream, std::function<void()> work,
             const std::vector<const void*>& arguments) {
  const std::lock_guard lock(device().mutex);
  if (!stream->capture) return push(stream, {std::move(work), {}});
  stream->capture->steps.push_back([work = std::move(work)](CUstream_st* on) {
    push(on, {work, {}});
  });
  hold(*stream->capture, arguments);
}

bool Meeting::enqueued_everywhere() const {
  return std::find(streams.begin(), streams.end(), nullptr) == streams.end();
}

void enqueue_meeting(CudaStream stream, int rank,
                     const std::function<std::shared_ptr<Meeting>()>& next,
                     const std::vector<const void*>& arguments) {
  const std::lock_guard lock(device().mutex);
  const auto attach = [rank, next](CUstream_st* on) {
    const std::shared_ptr<Meeting> meeting = next();
    const auto r = static_cast<std::size_t>(rank);
    meeting->streams.at(r) = on;
    meeting->at.at(r) = end_of(on);
    device().meetings.push_back(meeting);
    device().mutex.changed();
    push(on, {{}, {}, meeting});
  };
  if (!stream->capture) return attach(stream);
  stream->capture->steps.push_back(attach);
  hold(*stream->capture, arguments);
}

void give_up(Meeting& meeting) {
  const std::lock_guard lock(device().mutex);
  meeting.over = true;
  device().mutex.changed();
}

void enqueue_kernel(CudaStream stream, const KernelLaunch& launch, std::function<void()> work,
                    const std::vector<const void*>& arguments) {
  const std::lock_guard lock(device().mutex);
  if (told(refusal_of(stream, launch)) != cudaSuccess) return;
  enqueue(
      stream,
      [work = std::move(work)] {
        if (survives()) work();
      },
      arguments);
}

void refuse_launch(int error) { device().refusal = static_cast<cudaError_t>(error); }
void fault(int error) { device().coming_fault = static_cast<cudaError_t>(error); }
void mend() { device().fault = device().coming_fault = device().refusal = cudaSuccess; }

}  // namespace flm::emulation
