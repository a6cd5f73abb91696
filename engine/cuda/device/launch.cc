#include <cuda_runtime_api.h>

#include <string>

#include "base/errors.h"
#include "engine/cuda/runtime.h"

namespace flm {

void check_launch() { check_cuda(cudaGetLastError(), "kernel launch"); }

void allow_shared_memory(const void* kernel, std::int64_t bytes) {
  constexpr std::int64_t kWithoutAsking = 48 * 1024;
  if (bytes <= kWithoutAsking) return;
  const cudaError_t allowed = cudaFuncSetAttribute(
      kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
  if (allowed == cudaErrorInvalidValue) {
    (void)cudaGetLastError();  // or the next launch would report it again
    throw UserError(
        "this GPU lends a block less shared memory than attention of heads above 128 "
        "elements needs (" +
        std::to_string(bytes) + " bytes); try --precision fp32, or use --device cpu");
  }
  check_cuda(allowed, "cudaFuncSetAttribute");
}

}  // namespace flm
