// A weight matrix in panels of 32 outputs: [rows / 32][columns][32], fp32, the last panel
// zero-filled.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "engine/backend.h"
#include "engine/cpu/kernels.h"

namespace flm {

class PackedMatrix : public PackedWeight {
 public:
  PackedMatrix(std::int64_t rows, std::int64_t columns);
  std::int64_t rows() const override { return rows_; }
  std::int64_t columns() const override { return columns_; }
  std::int64_t panels() const { return (rows_ + kPanel - 1) / kPanel; }
  const float* panel(std::int64_t index) const { return data_.get() + index * columns_ * kPanel; }

  /// Widens and transposes the 32 outputs of one panel; `slices` as they were stacked.
  void fill_panel(std::int64_t index, std::span<const MatrixSlice> slices);

 private:
  struct Free {
    void operator()(float* p) const;
  };
  std::int64_t rows_, columns_;
  std::unique_ptr<float[], Free> data_;
};

}  // namespace flm
