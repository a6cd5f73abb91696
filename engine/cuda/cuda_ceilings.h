// What a device can do at most, measured.
#pragma once

#include <cstdint>

namespace flm {

/// What a device can do at most, in a second: bytes that a copy reads and writes, bytes that are
/// read, FLOPs of the fastest product, all on pseudo-random data (of zeros some devices make more).
struct CudaCeilings {
  double copy_bytes = 0, read_bytes = 0;
  double bf16_flops = 0;            // the best of a few, on a cool device
  double bf16_sustained_flops = 0;  // over seconds, at the power limit: what a long run can reach
  double fp32_flops = 0;            // without TF32; 0 where it was not asked for
};
struct CeilingSizes {
  std::int64_t traffic_bytes = std::int64_t{1} << 30;
  std::int64_t product = 8192;  // rows, outputs and inputs
  double sustained_seconds = 3;
  bool fp32 = false;
};
CudaCeilings measure_cuda_ceilings(int device, const CeilingSizes& sizes = {});

}  // namespace flm
