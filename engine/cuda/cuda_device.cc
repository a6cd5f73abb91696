#include "engine/cuda/cuda_device.h"

#include <cuda_runtime_api.h>

#include "base/errors.h"
#include "engine/cuda/runtime/runtime.h"

namespace flm {

CudaDevice inspect_cuda_device(int ordinal) {
  int count = 0;
  const cudaError_t found = cudaGetDeviceCount(&count);
  const std::string name = "--device cuda:" + std::to_string(ordinal);
  if (found != cudaSuccess) (void)cudaGetLastError();  // told here, and to no launch after it
  if (found != cudaSuccess || count == 0)
    throw UserError(name + ": no usable GPU is here (" + cudaGetErrorString(found) + "); " +
                    (found == cudaErrorInsufficientDriver ? "install the NVIDIA driver 580 or newer"
                                                          : "check nvidia-smi") +
                    ", or use --device cpu");
  if (ordinal >= count)
    throw UserError(name + ": this machine has " + std::to_string(count) +
                    " GPU(s), counted from 0; use --device cuda:0");
  cudaDeviceProp properties{};
  check_cuda(cudaGetDeviceProperties(&properties, ordinal), "cudaGetDeviceProperties");
  CudaDevice device{properties.name, properties.major, properties.minor};
  device.block_shared_bytes = static_cast<std::int64_t>(properties.sharedMemPerBlockOptin);
  if (device.major < 8)
    throw UserError(name + ": compute capability " + std::to_string(device.major) + "." +
                    std::to_string(device.minor) + " is too old; 8.0 or newer is needed");
  std::size_t free = 0, total = 0;
  check_cuda(cudaSetDevice(ordinal), "cudaSetDevice");
  check_cuda(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  device.free_bytes = static_cast<std::int64_t>(free);
  return device;
}

bool cuda_devices_reach_each_other(const std::vector<int>& ordinals) {
  for (const int from : ordinals)
    for (const int to : ordinals) {
      int can = 1;
      if (from != to)
        check_cuda(cudaDeviceCanAccessPeer(&can, from, to), "cudaDeviceCanAccessPeer");
      if (!can) return false;
    }
  return true;
}

}  // namespace flm
