// Memory of a pool for as long as a scope.
#pragma once

#include <cstdint>

#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/runtime.h"

namespace flm {

class Scratch {
 public:
  Scratch(DevicePool& pool, CudaStream stream, std::int64_t bytes)
      : pool_(pool), memory_(pool.acquire(bytes, stream)) {}
  /// With a copy of `bytes` of the host's.
  Scratch(DevicePool& pool, CudaStream stream, const void* host, std::int64_t bytes)
      : Scratch(pool, stream, bytes) {
    copy_to_device(memory_, host, bytes, stream);
  }
  ~Scratch() { pool_.release(memory_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  template <class T>
  T* as() const {
    return static_cast<T*>(memory_);
  }

 private:
  DevicePool& pool_;
  void* memory_;
};

}  // namespace flm
