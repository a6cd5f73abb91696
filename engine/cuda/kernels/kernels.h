// Launchers of the kernels beside attention (attention.h): plain C++, everything in device memory,
// enqueued on `stream`.
#pragma once

#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/cuda/kernels/rotation.h"
#include "engine/cuda/runtime/runtime.h"

namespace flm::cuda {

/// [rows, width] with `stride` floats from row to row -> bf16, dense.
void narrow_rows(CudaStream stream, const float* x, std::int64_t stride, std::int64_t rows,
                 std::int64_t width, void* out);

/// Rows and columns of a matrix [.., width] that a rule makes (weight_table.h), dense, as bf16 or
/// fp32: the host's bits.
struct CounterBlock {
  std::uint64_t key = 0;
  int exponent = 0;
  std::int64_t width = 0, row_begin = 0, rows = 0, column_begin = 0, columns = 0;
};
void counter_weights(CudaStream stream, const CounterBlock& block, bool bf16, void* out);

/// An operand of a product, or a table: fp32, or rounded once to bf16.
struct Operand {
  void* memory = nullptr;  // [rows, width], dense
  bool bf16 = false;
};
/// out[r] = float(table[ids[r]]) * scale, [rows, width].
void embed(CudaStream stream, Operand table, std::int64_t width, const std::int32_t* ids,
           std::int64_t rows, float scale, float* out);
/// A block a row: 16 lanes and one tree, as the CPU's.
void rms_norm(CudaStream stream, const float* x, std::int64_t rows, const float* weight,
              std::int64_t width, float eps, Operand out);
/// A norm of `parts` parts of each row, each for itself; `out`, of `out_stride` elements from row
/// to row, may be where x is.
struct NormWeights {
  const float* weight = nullptr;
  const float* bias = nullptr;  // null: none
  float eps = 0;
  bool centred = false;  // a LayerNorm
  bool apart = false;    // each part has weights of its own
};
void norm_parts(CudaStream stream, const float* x, std::int64_t stride, std::int64_t rows,
                int parts, std::int64_t width, const NormWeights& norm, Operand out,
                std::int64_t out_stride);
/// The same norm of dense rows, each as a whole; columns [begin, end) of it go to `out`.
void norm_columns(CudaStream stream, const float* x, std::int64_t width, std::int64_t rows,
                  std::int64_t begin, std::int64_t end, const NormWeights& norm, float* out,
                  std::int64_t out_stride);
/// Turns `heads` heads of each row, in place.
void rope(CudaStream stream, float* x, std::int64_t stride, std::int64_t rows, int heads,
          const Rotation& rotation);
/// out[r, i] = activation(x[r, i]) * x[r, width + i], or without that factor where x is [rows,
/// width]
/// (`alone`).
void activate(CudaStream stream, Activation activation, bool alone, const float* x,
              std::int64_t rows, std::int64_t width, Operand out);
/// x[i] = cap * tanh(x[i] / cap).
void cap_values(CudaStream stream, float* x, float cap, std::int64_t count);
void add_scaled(CudaStream stream, float* x, const float* delta, float scale, std::int64_t count);
/// c[r, i] += bias[i].
void add_bias(CudaStream stream, float* c, std::int64_t stride, std::int64_t rows,
              const float* bias, std::int64_t width);
/// x[r, i] *= factors[positions[r]].
void scale_rows(CudaStream stream, float* x, std::int64_t stride, std::int64_t rows,
                std::int64_t width, const std::int32_t* positions, const float* factors);
/// Rows of `row_bytes` bytes, an even number; `to` is dense unless `to_stride` says else. Strides
/// in bytes.
void copy_rows(CudaStream stream, const void* from, std::int64_t from_stride, std::int64_t rows,
               std::int64_t row_bytes, void* to, std::int64_t to_stride = 0);
void gather_rows(CudaStream stream, const float* x, std::int64_t width, const std::int32_t* rows,
                 std::int64_t count, float* out);
/// Row r's keys and values go to slot slots[r], as bf16 or fp32, [slots, width] each.
struct KvSlots {
  const std::int32_t* slots = nullptr;
  bool bf16 = false;
  void* keys = nullptr;
  void* values = nullptr;
};
void store_kv(CudaStream stream, const float* keys, const float* values, std::int64_t stride,
              std::int64_t rows, std::int64_t width, const KvSlots& to);
/// The same for `heads` heads, whose keys are turned on their way.
void rope_store_kv(CudaStream stream, const float* keys, const float* values, std::int64_t stride,
                   std::int64_t rows, int heads, const Rotation& rotation, const KvSlots& to);

void softmax_stats(CudaStream stream, const float* logits, std::int64_t rows, std::int64_t width,
                   SoftmaxStats* stats);
/// The two halves of softmax_stats: stats of which `sum` is 0, then sums [rows, blocks of 256] of
/// exp(x - largest[row]).
void largest_logits(CudaStream stream, const float* logits, std::int64_t rows, std::int64_t width,
                    SoftmaxStats* stats);
void exp_sums(CudaStream stream, const float* logits, std::int64_t rows, std::int64_t width,
              const float* largest, float* sums);
void pick(CudaStream stream, const float* logits, std::int64_t width, const LogitAt* at,
          std::int64_t count, float* values);
struct LargestRow {
  std::int64_t row = 0;
  std::int32_t begin = 0, count = 0;  // of the output
};
void largest(CudaStream stream, const float* logits, std::int64_t width, const LargestRow* wanted,
             std::int64_t count, std::int32_t* ids, float* values);

/// One draw, as the host's sampler (engine/backend/sampling.cc) makes it.
struct SampleRow {
  double temperature = 0, penalty = 1, top_p = 1;
  double u = 0;  // the random number
  std::int64_t row = 0;
  std::int32_t vocab = 0;  // ids that may come out
  std::int32_t top_k = 0;
  std::int32_t history_begin = 0, history_count = 0;
};
/// Candidates that top k and top p may keep on the device.
inline constexpr int kMostKept = 256;
/// ids[i] for rows[i], none of which has more than most_vocab, or -1 where top p keeps more than
/// kMostKept; logits_out[i] is the id's logit.
void sample(CudaStream stream, const float* logits, std::int64_t width, const SampleRow* rows,
            std::int64_t count, const std::int32_t* histories, std::int32_t most_vocab,
            std::int32_t* ids, float* logits_out);

/// `count` numbers between -1 and 1, every one as likely, as fp32 of 24 bits or rounded to bf16:
/// sums of their products differ with the order.
void pseudo_random(CudaStream stream, std::uint64_t key, std::int64_t count, bool bf16, void* out);
/// Leaves in *first, which holds `count` before, the least i where the bits of a[i] and b[i]
/// differ.
void first_difference(CudaStream stream, const float* a, const float* b, std::int64_t count,
                      std::uint64_t* first);

/// Reads `count` floats, a multiple of 4, and leaves kReadSums partial sums.
inline constexpr std::int64_t kReadSums = std::int64_t{2048} * 256;
void read_all(CudaStream stream, const float* x, std::int64_t count, float* sums);

}  // namespace flm::cuda
