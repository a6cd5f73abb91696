// c = a * weight^T, blocked for the caches and spread over the threads.
#pragma once

#include <cstdint>
#include <span>

#include "engine/cpu/kernels.h"
#include "engine/cpu/packed_matrix.h"
#include "engine/cpu/workers.h"
#include "engine/large_buffer.h"

namespace flm {

/// Activations that are in blocks at a time: at most this many rows, and values (8 MiB, a part of
/// the last-level cache) unless one register block is more.
inline constexpr std::int64_t kMostCopiedRows = 1024;
inline constexpr std::int64_t kMostCopiedValues = std::int64_t{2} << 20;

inline constexpr std::int64_t kPassDepth = 512;  // k of one pass over many rows

/// Keeps the memory of its block of activations from call to call. One caller at a time.
class Matmul {
 public:
  /// bf16: activations are rounded and multiplied as bf16; every weight is in pairs then.
  Matmul(const Kernels& kernels, const Workers& workers, bool bf16)
      : kernels_(kernels), workers_(workers), bf16_(bf16) {}

  /// a [rows, columns of the weight], c [rows, rows of the weight]; strides in floats. `bias` may
  /// be empty. An output has the same bits whatever the number of rows and threads.
  void run(const float* a, std::int64_t a_stride, std::int64_t rows, const PackedMatrix& weight,
           std::span<const float> bias, float* c, std::int64_t c_stride);

 private:
  void copy_block(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t k,
                  float* out) const;
  void multiply(std::int64_t rows, const PackedMatrix& weight, std::span<const float> bias,
                float* c, std::int64_t c_stride) const;

  const Kernels& kernels_;
  const Workers& workers_;
  const bool bf16_;
  FloatBuffer blocks_;     // [row blocks][chains][row_block][kChain]
  std::int64_t size_ = 0;  // floats of it
};

}  // namespace flm
