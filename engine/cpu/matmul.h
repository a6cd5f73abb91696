// c = a * weight^T, blocked for the caches and spread over the threads.
#pragma once

#include <cstdint>
#include <span>

#include "engine/backend/product.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/large_buffer.h"
#include "engine/cpu/packed_matrix.h"
#include "engine/parallel/workers.h"

namespace flm {

/// Activations that are in blocks at a time: about this many rows, and values (8 MiB, a part of
/// the last-level cache) unless one register block is more.
inline constexpr std::int64_t kMostCopiedRows = 1024;
inline constexpr std::int64_t kMostCopiedValues = std::int64_t{2} << 20;

inline constexpr std::int64_t kPassDepth = 768;  // most k of one pass over many rows, fp32

/// The rows of activations, and what is done to them on the way into their blocks.
struct Activations {
  const float* values = nullptr;
  std::int64_t stride = 0;           // floats from row to row
  std::span<const float> norm = {};  // weight of a norm; empty: none
  float eps = 0;                     // of the norm
  bool gated = false;                // a row is [gate | up], and activation(gate) * up what counts
  NormKind kind = NormKind::kRms;
  std::span<const float> norm_bias = {};
  Activation activation = Activation::kSilu;
  bool alone = false;  // gated: a row is what the activation takes, without a factor
};

/// Where a product goes: c times `factor`, or c and then x += scale * c where x is given.
struct MatmulOutput {
  float* c = nullptr;
  std::int64_t stride = 0;
  float factor = 1;
  float* x = nullptr;  // of the same stride
  float scale = 1;
  float cap = 0;  // of c, behind the factor; 0: none
};

/// Keeps the memory of its block of activations from call to call. One caller at a time.
class Matmul {
 public:
  /// bf16: activations are rounded and multiplied as bf16; every weight is in pairs then.
  Matmul(const Kernels& kernels, const Workers& workers, bool bf16)
      : kernels_(kernels), workers_(workers), bf16_(bf16) {}

  /// a [rows, columns of the weight], out [rows, rows of the weight]. `bias` may be empty. An
  /// output has the same bits whatever the number of rows and threads.
  void run(const Activations& a, std::int64_t rows, const PackedMatrix& weight,
           std::span<const float> bias, const MatmulOutput& out);

 private:
  void copy_row(const Activations& a, std::int64_t row, std::int64_t k, float* out) const;
  void multiply(std::int64_t rows, const PackedMatrix& weight, std::span<const float> bias,
                const MatmulOutput& out) const;
  void finish(std::int64_t row, std::int64_t row_end, std::int64_t begin, std::int64_t end,
              std::span<const float> bias, const MatmulOutput& out) const;

  const Kernels& kernels_;
  const Workers& workers_;
  const bool bf16_;
  FloatBuffer blocks_;     // [row blocks][chains][row_block][kChain]
  std::int64_t size_ = 0;  // floats of it
};

}  // namespace flm
