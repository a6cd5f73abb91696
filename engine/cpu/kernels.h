// The CPU's inner loops as plain function pointers: one table for each instruction set, equal bit
// for bit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/backend/key_tile.h"
#include "engine/numerics/activation.h"

namespace flm {

inline constexpr int kPanel = 32;  // columns of a packed weight panel
// k steps of one fma chain of a matmul. One chain over all of k is off by three times as much as a
// blocked sum (SmolLM2: 1.1e-5 against 4e-6 in a log-probability), and more the wider the model.
inline constexpr std::int64_t kChain = 128;
// The same for bf16 operands, whose own rounding is far larger than a long chain's.
inline constexpr std::int64_t kBf16Chain = 512;
inline constexpr int kMostRows = 14;  // of a register block, on any instruction set

/// Operands of attention in a word: a float, or a pair of bf16 whose first one is the low half.
template <class Word>
inline constexpr int kInWord = 1;
template <>
inline constexpr int kInWord<std::uint32_t> = 2;

/// Keys and values of absolute positions 64t .. 64t+63 of one path and one head. Pairs are of two
/// neighbouring columns of a key, and of one column of two neighbouring values.
template <class Word>
struct AttentionTile {
  const Word* keys = nullptr;    // [key_words][64]
  const Word* values = nullptr;  // [value_columns / 16][64; pairs 32][16]
  int key_words = 0;             // head_dim; in pairs half of it, rounded up
  int value_columns = 0;         // head_dim rounded up to 16
  // The next tile of the path, or this one, to be fetched meanwhile; only their addresses are used.
  const Word* next_keys = nullptr;
  const Word* next_values = nullptr;
};

/// Online softmax of one query: start with max = -inf and zeros.
template <class Word>
struct QueryState {
  const Word* query = nullptr;  // [key_words]
  float* sum_values = nullptr;  // [value_columns], unnormalised output
  float max = 0, sum = 0;
  int keys = 0;       // keys of the tile that the query may see are those before this one; 1 .. 64
  int first_key = 0;  // and from this one on, where a window begins in the tile; below `keys`
};

/// What makes scores of dot products: dot * scale, then cap * tanh(score / cap) where a cap is
/// given.
struct ScoreRule {
  float scale = 1;
  float cap = 0;  // 0: none
};

/// Of a row: what a LayerNorm takes away, and what it multiplies with.
struct RowMoments {
  float mean = 0, inverse = 0;  // 1 / sqrt(mean((x - mean)^2) + eps)
};

/// Every result is defined by the operations on 16 virtual lanes (kernel_source.h), never by the
/// registers.
struct Kernels {
  const char* isa;
  int row_block;  // rows of a block of activations, at most kMostRows

  /// c[i, j] = (first ? nothing : c[i, j] +) the sum over k of a[i, k] * panel[k, j]: one fma chain
  /// from 0 for each kChain k, ascending, and the chains added in ascending order. `a` is one block
  /// of activations [chains][row_block][kChain], rows <= row_block of it are used; panel [k][32];
  /// columns <= 32 of c are written.
  void (*multiply_floats)(const float* a, int rows, std::int64_t k, const float* panel, float* c,
                          std::int64_t c_stride, int columns, bool first);
  /// The same over bf16 weights in pairs [k / 2][32]: k in the low half, k + 1 in the high half.
  void (*multiply_pairs)(const float* a, int rows, std::int64_t k, const std::uint32_t* panel,
                         float* c, std::int64_t c_stride, int columns, bool first);
  /// bf16 operands: `a` holds pairs [chains][row_block][kChain / 2], the panel as above. A step of
  /// a chain takes a pair of k: c = (c + a1 * b1) + a0 * b0, each sum rounded, the products exact,
  /// numbers below the normal range taken and given as 0: what vdpbf16ps computes. A lone last k
  /// has zeros beside it.
  void (*multiply_bf16)(const std::uint32_t* a, int rows, std::int64_t k,
                        const std::uint32_t* panel, float* c, std::int64_t c_stride, int columns,
                        bool first);
  /// x [n] rounded to bf16 (to nearest, ties to even) in pairs; an odd end has a zero beside it.
  void (*round_to_pairs)(const float* x, std::int64_t n, std::uint32_t* out);
  bool bf16_in_hardware;  // multiply_bf16 is vdpbf16ps itself, not several operations
  /// out = x / sqrt(mean(x^2) + eps) * weight, [n].
  void (*rms_norm)(const float* x, const float* weight, std::int64_t n, float eps, float* out);
  /// The two halves of rms_norm: 1 / sqrt(mean(x^2) + eps) of a row, and x * inverse * weight of a
  /// part of it.
  float (*inverse_rms)(const float* x, std::int64_t n, float eps);
  void (*normalize)(const float* x, float inverse, const float* weight, std::int64_t n, float* out);
  /// The same two halves of a LayerNorm; `bias` may be null.
  RowMoments (*moments)(const float* x, std::int64_t n, float eps);
  void (*centre)(const float* x, RowMoments moments, const float* weight, const float* bias,
                 std::int64_t n, float* out);
  /// Rotates (x[i], x[i + half]) by the angle i, in place.
  void (*rope)(float* x, const float* cosines, const float* sines, int half);
  /// out[i] = activation(gate[i]) * up[i]; without the factor where `up` is null.
  void (*activate)(Activation activation, const float* gate, const float* up, std::int64_t n,
                   float* out);
  /// x[i] = cap * tanh(x[i] / cap), in place.
  void (*cap)(float* x, float cap, std::int64_t n);
  /// x[i] = fma(scale, delta[i], x[i]).
  void (*add_scaled)(float* x, const float* delta, float scale, std::int64_t n);
  /// The same for rows of n, `stride` floats apart in both.
  void (*add_scaled_rows)(float* x, const float* delta, float scale, std::int64_t rows,
                          std::int64_t stride, std::int64_t n);
  void (*scale)(float* x, float factor, std::int64_t n);
  float (*max_value)(const float* x, std::int64_t n);
  /// sum of exp(x[i] - max).
  float (*sum_exp)(const float* x, std::int64_t n, float max);
  /// out[i] = exp(x[i]); 0 below -87, the value at 88 above 88.
  void (*exp_values)(const float* x, std::int64_t n, float* out);
  /// out[i] = x[i] / by.
  void (*divide)(const float* x, float by, std::int64_t n, float* out);
  void (*attend_tile)(const AttentionTile<float>& tile, QueryState<float>* queries, int count,
                      ScoreRule rule);
  /// bf16 operands: queries, keys and values come rounded, a query's weights are rounded on their
  /// way to the values (their sum is of those that are not). Steps are those of multiply_bf16; a
  /// lone last key is the odd one of its pair.
  void (*attend_pairs)(const AttentionTile<std::uint32_t>& tile, QueryState<std::uint32_t>* queries,
                       int count, ScoreRule rule);
};

const Kernels& kernels_portable();

/// The instruction sets of this machine and this build, best first; the last one is portable.
std::vector<std::string> available_isas();
/// "" picks the best one; a name that this machine lacks is a UserError.
const Kernels& choose_kernels(const std::string& isa);

}  // namespace flm
