// The calls of the runtime about memory: allocations, copies, fills.
#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>

#include "tests/engine/cuda/emulation/cuda_runtime_api.h"
#include "tests/engine/cuda/emulation/emulated_device.h"
#include "tests/engine/cuda/emulation/guarded_memory.h"

using namespace flm::emulation;

namespace {

/// Whether [p, p + bytes) lies within one allocation.
bool within(const std::map<void*, std::size_t>& memory, const void* p, std::size_t bytes) {
  auto after = memory.upper_bound(const_cast<void*>(p));
  if (after == memory.begin()) return false;
  const auto& [base, size] = *--after;
  return static_cast<const char*>(p) + bytes <= static_cast<char*>(base) + size;
}

cudaError_t allocate(std::map<void*, std::size_t>& into, void** memory, std::size_t bytes) {
  *memory = take_guarded(bytes);
  into[*memory] = bytes;
  return cudaSuccess;
}

cudaError_t give_back(std::map<void*, std::size_t>& from, void* memory) {
  const auto taken = from.find(memory);
  if (taken == from.end()) return cudaErrorInvalidValue;
  give_back_guarded(memory, taken->second);
  from.erase(taken);
  return cudaSuccess;
}

}  // namespace

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *total = static_cast<std::size_t>(device().capacity);
  *free = static_cast<std::size_t>(device().capacity - device().bytes_on[current_device()]);
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  note_hazards();
  DeviceUse& use = device().use;
  const auto more = static_cast<std::int64_t>(bytes);
  std::int64_t& here = device().bytes_on[current_device()];
  if (here + more > device().capacity) return told(cudaErrorMemoryAllocation);
  here += more;
  use.bytes += more;
  use.peak_bytes = std::max(use.peak_bytes, use.bytes);
  ++use.allocations;
  const cudaError_t made = allocate(device().memory, memory, bytes);
  device().serials[*memory] = use.allocations;
  device().homes[*memory] = current_device();
  return made;
}
/// Waits for nothing: a device may or may not, and what comes too late ends the process.
cudaError_t cudaFree(void* memory) {
  if (!memory) return cudaSuccess;
  const std::lock_guard lock(device().mutex);
  const auto it = device().memory.find(memory);
  if (it == device().memory.end()) return told(cudaErrorInvalidValue);
  note_hazards();
  device().use.bytes -= static_cast<std::int64_t>(it->second);
  device().bytes_on[device().homes[memory]] -= static_cast<std::int64_t>(it->second);
  device().homes.erase(memory);
  device().serials.erase(memory);
  return give_back(device().memory, memory);
}
cudaError_t cudaMallocHost(void** memory, std::size_t bytes) {
  const std::lock_guard lock(device().mutex);
  note_hazards();
  device().use.pinned_bytes += static_cast<std::int64_t>(bytes);
  return allocate(device().pinned, memory, bytes);
}
cudaError_t cudaFreeHost(void* memory) {
  const std::lock_guard lock(device().mutex);
  if (const auto it = device().pinned.find(memory); it != device().pinned.end())
    device().use.pinned_bytes -= static_cast<std::int64_t>(it->second);
  return give_back(device().pinned, memory);
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  refuse_capture(stream, "a copy from or to the host");
  Device& d = device();
  const bool to_device = kind != cudaMemcpyDeviceToHost,
             from_device = kind != cudaMemcpyHostToDevice;
  if (to_device && !within(d.memory, to, bytes)) return told(cudaErrorInvalidValue);
  if (from_device && !within(d.memory, from, bytes)) return told(cudaErrorInvalidValue);
  if (!from_device && !within(d.pinned, from, bytes)) {  // pageable: staged before the call returns
    ++d.use.pageable_copies;
    auto staged = std::make_shared<std::string>(static_cast<const char*>(from), bytes);
    push(stream, {[=] { std::memcpy(to, staged->data(), bytes); }, {}});
    return cudaSuccess;
  }
  push(stream, {[=] { std::memcpy(to, from, bytes); }, {}});
  if (!to_device && !within(d.pinned, to, bytes)) drain(stream);  // pageable: returns when complete
  return d.fault;
}
cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from,
                              std::size_t from_pitch, std::size_t width, std::size_t height,
                              cudaMemcpyKind kind, cudaStream_t stream) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  refuse_capture(stream, "a copy between devices");
  const auto extent = [&](std::size_t pitch) {
    return height == 0 ? 0 : (height - 1) * pitch + width;
  };
  const auto& memory = device().memory;
  if (kind != cudaMemcpyDeviceToDevice || width > to_pitch || width > from_pitch ||
      !within(memory, to, extent(to_pitch)) || !within(memory, from, extent(from_pitch)))
    return told(cudaErrorInvalidValue);
  push(stream, {[=] {
                  for (std::size_t row = 0; row < height; ++row)
                    std::memcpy(static_cast<char*>(to) + row * to_pitch,
                                static_cast<const char*>(from) + row * from_pitch, width);
                },
                {}});
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  refuse_capture(stream, "a fill");
  if (!within(device().memory, memory, bytes)) return told(cudaErrorInvalidValue);
  push(stream, {[=] { std::memset(memory, value, bytes); }, {}});
  return cudaSuccess;
}
