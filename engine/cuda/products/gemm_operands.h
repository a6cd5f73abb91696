// Pseudo-random operands of one product, made on the device.
#pragma once

#include "engine/cuda/products/gemm.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/scratch.h"

namespace flm {

/// a [rows, k] and weight [n, k]. They depend on the shape alone, so that a search has one answer.
class GemmOperands {
 public:
  GemmOperands(const GemmShape& shape, std::int64_t rows, const Stream& stream);
  ~GemmOperands() { stream_.settle(); }

  const GemmShape& shape() const { return shape_; }
  const Stream& stream() const { return stream_; }
  DevicePool& pool() const { return pool_; }
  /// Rows [first, first + rows) into `c` [rows, n].
  GemmCall call(std::int64_t first, std::int64_t rows, float* c) const;
  /// `weight` from row `first_output` on, `outputs` of them, into `c` [rows, outputs].
  GemmCall part_call(std::int64_t rows, std::int64_t first_output, std::int64_t outputs,
                     float* c) const;
  /// `call`, or one that adds a multiple to what is in c (enqueued here: numbers of their own for
  /// each output, the same for each row). Algorithms of equal sums may round differently when they
  /// add.
  GemmCall ready(GemmCall call, bool adds, std::int64_t first_output = 0) const;

 private:
  std::int64_t element_bytes() const { return shape_.bf16 ? 2 : 4; }

  const GemmShape shape_;
  const Stream& stream_;
  mutable DevicePool pool_;
  const Scratch a_, weight_, c_row_;  // c_row [n]
};

}  // namespace flm
