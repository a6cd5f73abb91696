// A GPU as the machine has it; no_cuda.cc stands behind it in a build without the toolkit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flm {

/// One GPU as it is now.
struct CudaDevice {
  std::string name;
  int major = 0, minor = 0;  // compute capability
  std::int64_t free_bytes = 0;
  std::int64_t block_shared_bytes = 0;  // that a block may ask for
};

/// A UserError says in one line what is missing: the build's CUDA, a driver, the device.
CudaDevice inspect_cuda_device(int ordinal);

/// Whether each of them reads the memory of all others without the host's help.
bool cuda_devices_reach_each_other(const std::vector<int>& ordinals);

}  // namespace flm
