#include "engine/cpu/packed_matrix.h"

#include <cstdlib>
#include <new>
#include <vector>

#include "base/errors.h"

namespace flm {
namespace {

/// Row `row` of the stacked slices, widened to `out`.
void widen_row(std::span<const MatrixSlice> slices, std::int64_t row, std::int64_t columns,
               float* out) {
  for (const MatrixSlice& slice : slices) {
    const std::int64_t rows = slice.row_end - slice.row_begin;
    if (row < rows) {
      const TensorView& view = slice.source.view;
      widen(view, (slice.row_begin + row) * view.shape[1] + slice.column_begin, columns, out);
      return;
    }
    row -= rows;
  }
  FLM_CHECK(false, "row outside the stacked slices");
}

}  // namespace

void PackedMatrix::Free::operator()(float* p) const { std::free(p); }

PackedMatrix::PackedMatrix(std::int64_t rows, std::int64_t columns)
    : rows_(rows), columns_(columns) {
  const std::size_t bytes = static_cast<std::size_t>(panels() * columns * kPanel) * sizeof(float);
  data_.reset(static_cast<float*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64)));
  if (!data_) throw std::bad_alloc();
}

void PackedMatrix::fill_panel(std::int64_t index, std::span<const MatrixSlice> slices) {
  float* out = data_.get() + index * columns_ * kPanel;
  std::vector<float> row(static_cast<std::size_t>(columns_));
  for (int lane = 0; lane < kPanel; ++lane) {
    const std::int64_t at = index * kPanel + lane;
    if (at < rows_)
      widen_row(slices, at, columns_, row.data());
    else
      row.assign(row.size(), 0.0f);
    for (std::int64_t k = 0; k < columns_; ++k)
      out[k * kPanel + lane] = row[static_cast<std::size_t>(k)];
  }
}

}  // namespace flm
