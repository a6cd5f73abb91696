// The door of the CUDA backend; no_cuda.cc stands behind it in a build without the toolkit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/backend.h"
#include "engine/memory_plan.h"
#include "engine/model_config.h"

namespace flm {

struct CudaOptions {
  int device = 0;         // ordinal
  bool bf16 = false;      // operands bf16, sums fp32; otherwise all fp32, without TF32
  bool streamed = false;  // weights come again and again: kept page-locked where they fit
};

/// One GPU as it is now.
struct CudaDevice {
  std::string name;
  int major = 0, minor = 0;  // compute capability
  std::int64_t total_bytes = 0, free_bytes = 0;
  std::int64_t block_shared_bytes = 0;  // that a block may ask for
};

/// A UserError says in one line what is missing: the build's CUDA, a driver, the device.
CudaDevice inspect_cuda_device(int ordinal);

/// The same errors. Results of a row depend on its path alone; fp32 sums follow the CPU backend's
/// order everywhere but in the matmuls.
std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options);

/// What determines the bits beside the model: device, libraries, operands.
std::string cuda_numerics(const CudaOptions& options);

/// Measures the products of a model and writes the table of the device; lines to print.
std::string tune_cuda(const ModelConfig& config, const CudaOptions& options);

/// What a device can do at most, in a second: bytes that a copy reads and writes, bytes that are
/// read, FLOPs of the fastest product on pseudo-random data (fp32: without TF32).
struct CudaCeilings {
  double copy_bytes = 0, read_bytes = 0, bf16_flops = 0, fp32_flops = 0;
};
struct CeilingSizes {
  std::int64_t traffic_bytes = std::int64_t{1} << 30;
  std::int64_t product = 8192;  // rows, outputs and inputs
};
CudaCeilings measure_cuda_ceilings(int device, const CeilingSizes& sizes = {});

/// Rows of a product that runs at full speed, and logits of about half as many (Tele-FLM: 2,016).
inline constexpr std::int64_t kCudaMlpTileRows = 4096;
inline constexpr std::int64_t kCudaHeadChunkBytes = std::int64_t{640} << 20;
/// Rows of a step that is recorded, or whose long contexts are cut over blocks; bytes of what the
/// blocks leave.
inline constexpr std::int64_t kMostDecodeRows = 64, kMostPartialBytes = std::int64_t{16} << 20;

/// Device bytes of one rank. A UserError where the kernels do not take the model's heads.
ModelCost cuda_cost_of(const ModelConfig& config, int ranks, bool bf16, int max_length);

}  // namespace flm
