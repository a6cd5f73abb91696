// Views of stored tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace flm {

enum class DType { kF32, kF16, kBF16 };

std::size_t bytes_of(DType dtype);
std::string name_of(DType dtype);  // F32, F16, BF16

/// A row-major view of memory that somebody else keeps alive.
struct TensorView {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  const std::byte* data = nullptr;
  std::int64_t elements() const {
    std::int64_t n = 1;
    for (std::int64_t d : shape) n *= d;
    return n;
  }
};

/// dst[0..n) = float(src[0..n)).
void widen(const TensorView& source, std::int64_t begin, std::int64_t count, float* destination);

}  // namespace flm
