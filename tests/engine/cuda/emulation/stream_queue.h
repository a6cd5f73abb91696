// Emulated streams: what is enqueued runs late or early, as the test wants; only events order it.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

#include "tests/engine/cuda/emulation/runtime_types.h"

namespace flm::emulation {

/// kLate: nothing runs before somebody waits for it. kEarly: all runs when it is enqueued, with
/// what its events wait for. A program whose events are complete gives equal bits under both.
enum class Eagerness { kLate, kEarly };
void set_eagerness(Eagerness eagerness);

/// `arguments`: addresses that the work was given; a graph that records it refuses to run once one
/// of them is freed.
void enqueue(CudaStream stream, std::function<void()> work,
             const std::vector<const void*>& arguments = {});

/// The same for a kernel, as a launch: refused where the device would, and where a test wants it.
/// cudaGetLastError tells.
struct KernelLaunch {
  const void* kernel = nullptr;
  dim3 grid;        // blocks
  int threads = 0;  // of a block
  std::int64_t shared_bytes = 0;
};
void enqueue_kernel(CudaStream stream, const KernelLaunch& launch, std::function<void()> work,
                    const std::vector<const void*>& arguments);

/// The next launch is refused with that error.
void refuse_launch(int error);
/// The next kernel that runs faults: it does nothing, and its error is what every later call gives,
/// until mend().
void fault(int error);
void mend();

/// Addresses that a kernel's argument holds: itself, or words of a structure.
template <class T>
void add_addresses(const T& argument, std::vector<const void*>& addresses) {
  for (std::size_t at = 0; at + sizeof(void*) <= sizeof(T); at += sizeof(void*)) {
    const void* word = nullptr;
    std::memcpy(&word, reinterpret_cast<const char*>(&argument) + at, sizeof word);
    addresses.push_back(word);
  }
}

/// Graphs that were launched, of all streams.
std::int64_t graph_launches();

/// How the machine looks: devices that are there, bytes that cudaMalloc hands out on each. Streams
/// and events are of the device that the thread has when it makes them; those of two devices do not
/// meet.
void set_device(int count, std::int64_t bytes);
void set_peer_access(bool there);        // between any two devices; there unless it is set
void set_compute_capability(int major);  // 8 unless it is set
struct DeviceUse {
  std::int64_t bytes = 0, peak_bytes = 0, allocations = 0;
  std::int64_t pinned_bytes = 0;     // of the host
  std::int64_t pageable_copies = 0;  // to the device, from memory that is not page-locked
};
DeviceUse device_use();
void reset_peak();

}  // namespace flm::emulation
