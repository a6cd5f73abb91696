// A weight matrix in panels of 32 outputs, the last one zero-filled, in the order in which the
// kernels read it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/backend/backend.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/large_buffer.h"

namespace flm {

/// bf16 by the rule of the format: to nearest, ties to even; a NaN stays one.
inline std::uint16_t round_to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return static_cast<std::uint16_t>(bits >> 16 | 0x40);
  return static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/// fp32 [panels][columns][32], or, where every slice is bf16 or is to be rounded to it, pairs of
/// neighbouring columns [panels][columns / 2, rounded up][32] as they are: half the memory and half
/// the bytes to read.
class PackedMatrix : public PackedWeight {
 public:
  PackedMatrix(std::span<const MatrixSlice> slices, bool bf16);
  std::int64_t rows() const override { return rows_; }
  std::int64_t columns() const override { return columns_; }
  std::int64_t bytes() const override { return rows_ * columns_ * (pairs_ ? 2 : 4); }
  std::int64_t panels() const { return (rows_ + kPanel - 1) / kPanel; }
  bool pairs() const { return pairs_; }
  /// From column k on, an even number.
  const float* floats(std::int64_t panel, std::int64_t k) const {
    return static_cast<const float*>(data_.get()) + (panel * steps_ + k) * kPanel;
  }
  const std::uint32_t* words(std::int64_t panel, std::int64_t k) const {
    return static_cast<const std::uint32_t*>(data_.get()) + (panel * steps_ + k / 2) * kPanel;
  }

  /// Transposes the 32 outputs of one panel; `slices` as they were stacked. Other threads may fill
  /// other panels: whoever fills a page first has it near.
  void fill_panel(std::int64_t panel, std::span<const MatrixSlice> slices);

 private:
  std::int64_t rows_ = 0, columns_ = 0, steps_ = 0;  // steps: rows of a panel
  bool pairs_ = false;
  LargeBuffer data_;
};

}  // namespace flm
