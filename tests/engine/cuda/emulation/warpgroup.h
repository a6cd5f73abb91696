// Host twin of engine/cuda/device/warpgroup.h, which says what each name means. A matrix is read as
// the PTX ISA lays it out (wgmma, shared memory without swizzle); products are made at once.
#pragma once

#include <device.h>

#include <stdexcept>

namespace flm {

inline std::uint64_t matrix_descriptor(const void* shared, int along, int down) {
  const auto at = static_cast<const char*>(shared) - shared_memory<char>();
  if (at % 16 || along % 16 || down % 16)
    throw std::logic_error("a descriptor of bytes that are no multiple of 16");
  const auto field = [](std::int64_t bytes) {
    return static_cast<std::uint64_t>(bytes & 0x3FFFF) >> 4;
  };
  return field(at) | field(along) << 16 | field(down) << 32;
}

inline void show_stores_to_products() {}
inline void begin_products() {}
inline void finish_products(float (&)[32]) {}

namespace emulation {

/// Element (row, column) of the matrix behind a descriptor.
inline float matrix_element(std::uint64_t descriptor, int row, int column) {
  if (descriptor >> 46) throw std::logic_error("a descriptor with a swizzle or a base offset");
  const auto field = [&](int bit) { return static_cast<int>(descriptor >> bit & 0x3FFF) * 16; };
  const char* at = shared_memory<char>() + field(0) + row / 8 * field(32) + column / 8 * field(16) +
                   row % 8 * 16 + column % 8 * 2;
  bf16 element;
  std::memcpy(&element, at, sizeof element);
  return to_float(element);
}

}  // namespace emulation

inline void warpgroup_mma_m64n64k16(float (&sum)[32], std::uint64_t a, std::uint64_t b) {
  const int thread = static_cast<int>(threadIdx.x);
  for (int i = 0; i < 32; ++i) {
    const int row = thread / 32 * 16 + thread % 32 / 4 + i / 2 % 2 * 8;
    const int column = i / 4 * 8 + thread % 4 * 2 + i % 2;
    for (int k = 0; k < 16; ++k)
      sum[i] = std::fma(emulation::matrix_element(a, row, k),
                        emulation::matrix_element(b, column, k), sum[i]);
  }
}

}  // namespace flm
