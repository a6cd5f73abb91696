// Emulated streams: what is enqueued runs late or early, as the test wants; only events order it.
#pragma once

#include <cstdint>
#include <functional>

#include "tests/cuda/emulation/runtime_types.h"

namespace flm::emulation {

/// kLate: nothing runs before somebody waits for it. kEarly: all runs when it is enqueued, with
/// what its events wait for. A program whose events are complete gives equal bits under both.
enum class Eagerness { kLate, kEarly };
void set_eagerness(Eagerness eagerness);

void enqueue(CudaStream stream, std::function<void()> work);

/// How the emulated device looks: devices that are there, bytes that cudaMalloc hands out in all.
void set_device(int count, std::int64_t bytes);
struct DeviceUse {
  std::int64_t bytes = 0, peak_bytes = 0, allocations = 0;
};
DeviceUse device_use();
void reset_peak();

}  // namespace flm::emulation
