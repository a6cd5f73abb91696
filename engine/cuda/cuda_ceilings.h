// What a device can do at most, measured.
#pragma once

#include <cstdint>

namespace flm {

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

}  // namespace flm
