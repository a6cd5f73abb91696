// How rows lie in shared memory for wgmma. Included after <device.h>.
#pragma once

#include <device.h>
#include <warpgroup.h>

namespace flm::cuda {

/// kRows rows of D elements in shared memory as wgmma takes them, plainly or transposed: panels of
/// as many columns as a row of the widest swizzle that divides D.
template <int D, int kRows = 64>
struct WarpgroupTile {
  static constexpr int kPanel = D % 64 == 0 ? 64 : D % 32 == 0 ? 32 : 16;
  static constexpr int kElements = kRows * D;
  static constexpr int kRowBytes = 2 * kPanel, kPanelBytes = kRows * kRowBytes;
  static constexpr Swizzle kSwizzle = kPanel == 64   ? Swizzle::k128
                                      : kPanel == 32 ? Swizzle::k64
                                                     : Swizzle::k32;
  static constexpr int kAlign = 1024;  // of the first: eight rows of the widest swizzle
  static_assert(D % 16 == 0 && kPanelBytes % kAlign == 0);

  /// Where an element lies: 8 elements of a row have the place in their panel's that the swizzle
  /// gives them, the same 8 rows below.
  __device__ static int place(int row, int column) {
    const auto r = static_cast<unsigned>(row), c = static_cast<unsigned>(column);
    const unsigned eight = c % kPanel / 8 ^ r % 8 * kPanel / 64;
    return static_cast<int>(c / kPanel * (kRows * kPanel) + r * kPanel + eight * 8 + c % 8);
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
