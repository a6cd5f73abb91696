#include "tests/engine/cuda/emulation/emulated_device.h"

#include <algorithm>

namespace flm::emulation {
namespace {

thread_local cudaError_t last_error = cudaSuccess;  // until it is asked for

}  // namespace

Device& device() {
  static Device the;
  return the;
}

int& current_device() {
  static thread_local int ordinal = 0;
  return ordinal;
}

cudaError_t told(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

cudaError_t take_last_error() { return std::exchange(last_error, cudaSuccess); }

void set_eagerness(Eagerness eagerness) { device().eagerness = eagerness; }
void set_device(int count, std::int64_t bytes) {
  device().count = count;
  device().capacity = bytes;
}
void set_peer_access(bool there) { device().peer_access = there; }
void set_compute_capability(int major) { device().major = major; }
DeviceUse device_use() { return device().use; }
void reset_peak() { device().use.peak_bytes = device().use.bytes; }

void note_hazards() {
  auto& meetings = device().meetings;
  std::erase_if(meetings, [](const auto& meeting) {
    const auto there = meeting.lock();
    return !there || there->over || there->enqueued_everywhere();
  });
  device().hazards += static_cast<std::int64_t>(meetings.size());
}

std::int64_t graph_launches() { return device().graph_launches; }
std::int64_t hazards() { return device().hazards; }

void* allocation_of(const void* p) {
  auto after = device().memory.upper_bound(const_cast<void*>(p));
  if (after == device().memory.begin()) return nullptr;
  const auto& [base, size] = *--after;
  return static_cast<const char*>(p) < static_cast<char*>(base) + size ? base : nullptr;
}

}  // namespace flm::emulation
