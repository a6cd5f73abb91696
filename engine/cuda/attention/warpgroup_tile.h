// How rows lie in shared memory for wgmma. Included after <device.h>.
#pragma once

#include <device.h>
#include <warpgroup.h>

namespace flm::cuda {

/// 64 rows of D elements in shared memory as wgmma takes them, plainly or transposed: panels of as
/// many columns as a row of the widest swizzle that divides D.
template <int D>
struct WarpgroupTile {
  static constexpr int kRows = 64, kPanel = D % 64 == 0 ? 64 : D % 32 == 0 ? 32 : 16;
  static constexpr int kElements = kRows * D, kBytes = 2 * kElements;
  static constexpr int kRowBytes = 2 * kPanel, kPanelBytes = kRows * kRowBytes;
  static constexpr Swizzle kSwizzle = kPanel == 64   ? Swizzle::k128
                                      : kPanel == 32 ? Swizzle::k64
                                                     : Swizzle::k32;
  static constexpr int kAlign = 1024;  // of the first: eight rows of the widest swizzle
  static_assert(D % 16 == 0 && kBytes % kAlign == 0);

  /// Where an element of tiles one below the other lies.
  __device__ static int place(int row, int column) {
    const int within = row % kRows * kPanel + column % kPanel;
    const int swizzled = within ^ (within >> 3 & (kPanel / 8 - 1) * 8);
    return row / kRows * kElements + column / kPanel * (kRows * kPanel) + swizzled;
  }
  __device__ static std::uint64_t descriptor(const bf16* tile) {
    return matrix_descriptor(tile, kPanelBytes, 8 * kRowBytes, kSwizzle);
  }
  /// Of the tile's columns from `column` on, a multiple of 16.
  __device__ static std::uint64_t columns_from(std::uint64_t tile, int column) {
    return moved(tile, column / kPanel * kPanelBytes + column % kPanel * 2);
  }
  /// Of its rows from `row` on, a multiple of 8.
  __device__ static std::uint64_t rows_from(std::uint64_t tile, int row) {
    return moved(tile, row * kRowBytes);
  }
};

}  // namespace flm::cuda
