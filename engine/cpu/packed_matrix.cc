#include "engine/cpu/packed_matrix.h"

#include <algorithm>
#include <cstring>

#include "base/errors.h"

namespace flm {
namespace {

constexpr std::int64_t kBlock = 64;  // columns that 32 rows of weights are transposed by: in L1

struct RowPlace {
  const TensorView* view = nullptr;
  std::int64_t offset = 0;  // elements
};

/// Where row `row` of the stacked slices is stored.
RowPlace find_row(std::span<const MatrixSlice> slices, std::int64_t row) {
  for (const MatrixSlice& slice : slices) {
    const std::int64_t rows = slice.row_end - slice.row_begin;
    if (row < rows) {
      const TensorView& view = slice.source.view;
      return {&view, (slice.row_begin + row) * view.shape[1] + slice.column_begin};
    }
    row -= rows;
  }
  FLM_CHECK(false, "row outside the stacked slices");
}

}  // namespace

PackedMatrix::PackedMatrix(std::span<const MatrixSlice> slices, bool bf16)
    : columns_(slices[0].column_end - slices[0].column_begin) {
  for (const MatrixSlice& slice : slices) {
    FLM_CHECK(slice.column_end - slice.column_begin == columns_,
              "stacked weights of different widths");
    rows_ += slice.row_end - slice.row_begin;
    slice.source.took((slice.row_end - slice.row_begin) * columns_);
  }
  pairs_ = bf16 || std::all_of(slices.begin(), slices.end(), [](const MatrixSlice& slice) {
             return slice.source.view.dtype == DType::kBF16;
           });
  steps_ = pairs_ ? (columns_ + 1) / 2 : columns_;
  data_ = allocate_bytes(static_cast<std::size_t>(panels() * steps_ * kPanel) * sizeof(float));
}

void PackedMatrix::fill_panel(std::int64_t panel, std::span<const MatrixSlice> slices) {
  const int lanes = static_cast<int>(std::min<std::int64_t>(kPanel, rows_ - panel * kPanel));
  RowPlace rows[kPanel];
  for (int lane = 0; lane < lanes; ++lane) rows[lane] = find_row(slices, panel * kPanel + lane);
  const std::int64_t block = pairs_ ? 2 * kBlock : kBlock;  // columns for kBlock words
  for (std::int64_t begin = 0; begin < columns_; begin += block) {
    const std::int64_t count = std::min(block, columns_ - begin);
    const std::int64_t words = pairs_ ? (count + 1) / 2 : count;
    std::uint32_t source[kPanel][kBlock] = {};
    for (int lane = 0; lane < lanes; ++lane) {
      const TensorView& view = *rows[lane].view;
      const std::int64_t at = rows[lane].offset + begin;
      float values[2 * kBlock];
      if (pairs_ && view.dtype == DType::kBF16) {
        std::memcpy(source[lane], view.data + at * 2, static_cast<std::size_t>(count) * 2);
        continue;
      }
      widen(view, at, count, values);
      if (pairs_)
        for (std::int64_t i = 0; i < count; ++i)
          source[lane][i / 2] |= static_cast<std::uint32_t>(round_to_bf16(values[i])) << i % 2 * 16;
      else
        std::memcpy(source[lane], values, static_cast<std::size_t>(count) * sizeof(float));
    }
    std::uint32_t* out = static_cast<std::uint32_t*>(data_.get()) +
                         (panel * steps_ + (pairs_ ? begin / 2 : begin)) * kPanel;
    for (std::int64_t k = 0; k < words; ++k)
      for (int lane = 0; lane < kPanel; ++lane) out[k * kPanel + lane] = source[lane][k];
  }
}

}  // namespace flm
