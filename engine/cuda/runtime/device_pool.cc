#include "engine/cuda/runtime/device_pool.h"

#include <cuda_runtime_api.h>

#include <algorithm>

#include "base/errors.h"

namespace flm {

DevicePool::~DevicePool() {
  user_.settle();
  for (auto& [bytes, block] : idle_) (void)cudaFree(block.memory);
}

/// cudaFree itself may wait for pending work or not.
void DevicePool::free_idle() {
  ++frees_;
  if (takers_ == Takers::kSameStream) user_.wait();
  while (!idle_.empty()) {
    Block block = std::move(idle_.begin()->second);
    idle_.erase(idle_.begin());
    if (block.last_use) block.last_use->wait();
    check_cuda(cudaFree(block.memory), "cudaFree");
  }
}

std::int64_t DevicePool::most_for(std::int64_t wanted) const {
  if (takers_ == Takers::kOtherStreams) return wanted;
  return wanted + std::max(wanted / 16, std::min(wanted, small_waste_));
}

void* DevicePool::acquire(std::int64_t bytes, CudaStream stream) {
  const std::lock_guard lock(mutex_);
  const std::int64_t wanted = std::max<std::int64_t>(bytes + 255, 256) / 256 * 256;
  auto found = idle_.lower_bound(wanted);
  if (found != idle_.end() && found->first <= most_for(wanted)) {
    const std::int64_t size = found->first;
    Block block = std::move(found->second);
    idle_.erase(found);
    if (block.last_use)
      block.last_use->order(stream);
    else
      FLM_CHECK(stream == user_, "another stream takes memory whose last use is not known");
    used_[block.memory] = size;
    return block.memory;
  }
  const DeviceGuard guard(user_.device());
  void* memory = nullptr;
  if (cudaMalloc(&memory, static_cast<std::size_t>(wanted)) != cudaSuccess) {
    (void)cudaGetLastError();
    // A stream that records cannot be waited for, and may have recorded what idles by now.
    if (!records(user_)) free_idle();
    check_cuda(cudaMalloc(&memory, static_cast<std::size_t>(wanted)), "cudaMalloc");
  }
  used_[memory] = wanted;
  return memory;
}

void DevicePool::release(void* memory) noexcept {
  const std::lock_guard lock(mutex_);
  const auto it = used_.find(memory);
  FLM_CHECK(it != used_.end(), "device memory released twice");
  Block block{memory, nullptr};
  const std::int64_t bytes = it->second;
  used_.erase(it);
  try {
    if (takers_ == Takers::kOtherStreams) {
      const DeviceGuard guard(user_.device());  // an event is of one device
      block.last_use = std::make_unique<Event>();
      block.last_use->record(user_);
    }
    idle_.emplace(bytes, std::move(block));
  } catch (const std::exception&) {
    user_.settle();
    (void)cudaFree(memory);
  }
}

}  // namespace flm
