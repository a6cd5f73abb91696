// Host twin of engine/cuda/device/warpgroup.h, which says what each name means. A matrix is read as
// the PTX ISA lays it out (wgmma, shared memory); products end when they are awaited.
#pragma once

#include <device.h>

#include <stdexcept>

#include "tests/engine/cuda/emulation/async_products.h"

namespace flm {

enum class Swizzle { kNone = 0, k128 = 1, k64 = 2, k32 = 3 };

inline std::uint64_t matrix_descriptor(const void* shared, int along, int down,
                                       Swizzle swizzle = Swizzle::kNone) {
  const auto at = static_cast<const char*>(shared) - shared_memory<char>();
  if (at % 16 || along % 16 || down % 16)
    throw std::logic_error("a descriptor of bytes that are no multiple of 16");
  const int rows = swizzle == Swizzle::kNone ? 16 : 2048 >> static_cast<int>(swizzle);
  if (at % rows) throw std::logic_error("a swizzled matrix at no multiple of eight rows");
  const auto field = [](std::int64_t bytes) {
    return static_cast<std::uint64_t>(bytes & 0x3FFFF) >> 4;
  };
  return field(at) | field(along) << 16 | field(down) << 32 |
         static_cast<std::uint64_t>(swizzle) << 62;
}
inline std::uint64_t moved(std::uint64_t descriptor, int bytes) {
  return descriptor + static_cast<std::uint64_t>(bytes >> 4);
}

inline void show_stores_to_products() { emulation::show_stores(); }

template <class Registers>
void hold(Registers&) {}
template <class... Registers>
void begin_products(Registers&...) {
  emulation::begin_products();
}
inline void commit_products() { emulation::commit_products(); }
template <int Pending, class... Sums>
void await_products(Sums&... sums) {
  emulation::await_products(Pending);
  (emulation::check_ended(&sums[0][0]), ...);
}

inline void warpgroup_mma(float (&sums)[8][4], std::uint64_t a, std::uint64_t b) {
  emulation::issue_product({&sums[0][0], 64, false, nullptr, a, b, false});
}
inline void warpgroup_mma_first(float (&sums)[8][4], std::uint64_t a, std::uint64_t b) {
  emulation::issue_product({&sums[0][0], 64, true, nullptr, a, b, false});
}
template <int N>
void warpgroup_mma(float (&sums)[N][4], const std::uint32_t (&a)[4], std::uint64_t b) {
  emulation::issue_product({&sums[0][0], 8 * N, false, a, 0, b, true});
}

}  // namespace flm
