#include <cuda_runtime_api.h>

#include "engine/cuda/runtime.h"

namespace flm {

void check_launch() { check_cuda(cudaGetLastError(), "kernel launch"); }

void allow_shared_memory(const void* kernel, std::int64_t bytes) {
  constexpr std::int64_t kWithoutAsking = 48 * 1024;
  if (bytes <= kWithoutAsking) return;
  check_cuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                  static_cast<int>(bytes)),
             "cudaFuncSetAttribute");
}

}  // namespace flm
