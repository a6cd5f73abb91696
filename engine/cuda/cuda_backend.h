// The door of the CUDA backend; no_cuda.cc stands behind it in a build without the toolkit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/backend.h"

namespace flm {

class LockedWeights;

struct CudaOptions {
  int device = 0;                    // ordinal
  bool bf16 = false;                 // operands bf16, sums fp32; otherwise all fp32, without TF32
  std::int64_t pinned_bytes = 0;     // host memory to keep weights in that come again and again
  int threads = 1;                   // that convert weights on their way
  bool record_gathers = true;        // in graphs; the same on all ranks of a group
  double gather_limit_seconds = 60;  // without any gather of the group coming to its end
  std::shared_ptr<LockedWeights> locked = nullptr;  // instead: several devices' memory for that
};

/// The errors of inspect_cuda_device. Results of a row depend on its path alone; fp32 sums follow
/// the CPU backend's order everywhere but in the matmuls. `host`, a CPU backend, computes what lies
/// in the host's memory.
std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options,
                                           std::unique_ptr<Backend> host);

/// One copy of the weights that devices of the process read again and again, while `bytes` last.
std::shared_ptr<LockedWeights> make_locked_weights(std::int64_t bytes);

/// What determines the bits beside the model: device, libraries, operands.
/// `ranks` stands in it where the products of several are not known to have the bits of one's.
std::string cuda_numerics(const CudaOptions& options, int ranks);

/// The libraries that are loaded on first use, by short names: version and file, or why it is not
/// loaded. Empty: a build without the backend.
std::vector<std::pair<std::string, std::string>> cuda_libraries();

/// What moves the bytes between `ranks` on so many devices, and why.
std::string cuda_gathers(int devices, int ranks);

}  // namespace flm
