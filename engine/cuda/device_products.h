// The products of a model's matrices on the device, with what lies around each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "engine/backend/backend.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/products/gemm.h"
#include "engine/cuda/runtime/scratch.h"
#include "engine/cuda/weight_upload.h"

namespace flm {

/// Weight and bias of a norm as kernels take them, for parts of `all` elements together.
cuda::NormWeights norm_weights(const NormRule& norm, std::int64_t all);

/// Norm and gate write the operand, in the element type of the weights; the residual add and the
/// factor are the product's own, unless a bias lies between.
class DeviceProducts {
 public:
  DeviceProducts(const Stream& stream, std::unique_ptr<Gemm> gemm, bool bf16)
      : stream_(stream), gemm_(std::move(gemm)), bf16_(bf16) {}

  /// Backend::matmul for a weight that the stream has waited for; `pool` gives an operand its
  /// memory.
  void matmul(const ProductInput& a, std::int64_t rows, const DeviceMatrix& weight,
              std::span<const float> bias, const ProductOutput& c, DevicePool& pool) const;

 private:
  struct OperandWriter;
  void run(const GemmCall& call) const;

  const Stream& stream_;
  const std::unique_ptr<Gemm> gemm_;
  const bool bf16_;
};

}  // namespace flm
