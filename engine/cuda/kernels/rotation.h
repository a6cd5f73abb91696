// The rotation of queries and keys by their rows' positions, as kernels read it.
#pragma once

#include <cstdint>

namespace flm::cuda {

/// All in device memory. Element i of a head is turned with element half + i; what lies behind both
/// halves passes.
struct Rotation {
  const float* cosines = nullptr;  // [positions, half]; null: nothing is turned
  const float* sines = nullptr;
  std::int64_t half = 0;                    // of what is turned of a head
  const std::int32_t* positions = nullptr;  // [rows]
  std::int64_t head = 0;                    // elements of a head; 2 * half where all are turned
};

}  // namespace flm::cuda
