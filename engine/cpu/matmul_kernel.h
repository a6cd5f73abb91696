// The matmul's inner loops over V16. Part of kernel_source.h: included after one v16_*.h.
#pragma once

#include <type_traits>

#include "engine/cpu/kernels.h"

namespace flm {
namespace {

// The register block is kRowBlock rows by kPanelVectors vectors: two vectors of the panel, one
// broadcast activation and as many accumulators as the rest of the registers holds. With 14 x 2 on
// AVX-512 a step is 28 fused multiply-adds for 16 loads, so that the loads hide behind them.

/// Adds one k step: sums[i][j] += a[i] * b[j], rows kChain apart.
template <int Rows, int Vectors>
inline void multiply_step(const float* a, const V16 (&b)[Vectors], V16 (&sums)[Rows][Vectors]) {
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
    const V16 x = broadcast(a[i * kChain]);
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) sums[i][j] = fma(x, b[j], sums[i][j]);
  }
}

/// A few rows have arithmetic to do but stream the weights from memory, and the processor's own
/// prefetching starts anew in each page of 4 KiB. Into L2, for misses of L1 that can be under way
/// are few. Fewer rows than `Least` wait for memory in any case and are slower with it. Past the
/// end of a panel lies the next one; past the last it does nothing.
template <int Least, int Rows, int Vectors>
inline void prefetch_ahead(const void* panel) {
  if constexpr (Rows >= Least && Rows <= 8) {
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j)
      __builtin_prefetch(static_cast<const char*>(panel) + 16384 + 64 * j, 0, 2);
  }
}

/// A panel of fp32 weights [k][32].
struct FloatPanel {
  using Value = float;
  using Activation = float;
  static constexpr std::int64_t kLength = kChain;  // k of a chain
  static constexpr int kSteps = 1;                 // k steps of a row of the panel

  template <int Rows, int Vectors>
  static void chain(const float* a, std::int64_t k, const float* panel,
                    V16 (&sums)[Rows][Vectors]) {
#pragma GCC unroll kStepsUnrolled
    for (std::int64_t step = 0; step < k; ++step) {
      V16 b[Vectors];
      prefetch_ahead<6, Rows, Vectors>(panel + step * kPanel);
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) b[j] = load(panel + step * kPanel + 16 * j);
      multiply_step(a + step, b, sums);
    }
  }
};

/// A panel of bf16 weights in pairs [k / 2][32]: half the bytes, widened on the way. A last lone k
/// has no partner.
struct PairPanel {
  using Value = std::uint32_t;
  using Activation = float;
  static constexpr std::int64_t kLength = kChain;
  static constexpr int kSteps = 2;

  template <int Rows, int Vectors>
  static void chain(const float* a, std::int64_t k, const std::uint32_t* panel,
                    V16 (&sums)[Rows][Vectors]) {
    std::int64_t step = 0;
    for (; step < k; step += 2, panel += kPanel) {
      V16 b[Vectors];
      prefetch_ahead<2, Rows, Vectors>(panel);
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) b[j] = load_low_halves(panel + 16 * j);
      multiply_step(a + step, b, sums);
      if (step + 1 == k) return;
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) b[j] = load_high_halves(panel + 16 * j);
      multiply_step(a + step + 1, b, sums);
    }
  }
};

// Operands in words, of bf16 two in one, say how a step multiplies them:
//   kParts             1, or 2 where the halves of a word are multiplied one after the other
//   part<Part>         of sixteen words what the step multiplies
//   multiply<Part>     sum + a * b
//   ChainMode          how the processor computes while a chain runs

/// As it does of itself.
struct OwnMode {
  template <int Rows, int Vectors>
  static void begin(V16 (&)[Rows][Vectors]) {}
  template <int Rows, int Vectors>
  static void end(V16 (&)[Rows][Vectors]) {}
};

/// Words that a step multiplies whole.
struct WholeWords {
  using ChainMode = OwnMode;
  static constexpr int kParts = 1;
  template <int>
  static V16 part(V16 words) {
    return words;
  }
};

/// bf16 operands in pairs: what vdpbf16ps and vcvtneps2bf16 compute, in operations that every
/// machine has; but for numbers below the normal range, which the products take as 0 in any case.
struct PairsByParts {
  using ChainMode = OwnMode;
  static constexpr int kParts = 2;
  template <int Part>
  static V16 part(V16 words) {
    return flush(Part == 0 ? high_halves(words) : low_halves(words));
  }
  template <int Part>
  static V16 multiply(V16 sum, V16 a, V16 b) {
    return flush(fma(a, b, Part == 0 ? flush(sum) : sum));
  }
  /// Sixteen values to eight words.
  static void round(std::uint32_t* to, V16 a) { store_rounded(to, a); }
};

/// One part of a step: sums[i][j] += spread(i) * b[j]. Part by part over all rows, so that one part
/// of b alone lies in registers.
template <class Operands, int Part, int Rows, int Vectors, class Spread>
inline void add_part(Spread spread, const V16 (&b)[Vectors], V16 (&sums)[Rows][Vectors]) {
  V16 parts[Vectors];
#pragma GCC unroll 4
  for (int j = 0; j < Vectors; ++j) parts[j] = Operands::template part<Part>(b[j]);
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
    const V16 x = Operands::template part<Part>(spread(i));
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j)
      sums[i][j] = Operands::template multiply<Part>(sums[i][j], x, parts[j]);
  }
}

/// One step of `Operands` in words, of one part or of two, the higher halves before the lower ones.
template <class Operands, int Rows, int Vectors, class Spread>
inline void add_products(Spread spread, const V16 (&b)[Vectors], V16 (&sums)[Rows][Vectors]) {
  add_part<Operands, 0>(spread, b, sums);
  if constexpr (Operands::kParts == 2) {
    asm volatile("" : : : "memory");  // words are loaded anew: the registers are the sums'
    add_part<Operands, 1>(spread, b, sums);
  }
}

/// A panel of bf16 pairs against activations in pairs.
template <class Pairs>
struct Bf16Panel {
  using Value = std::uint32_t;
  using Activation = std::uint32_t;
  static constexpr std::int64_t kLength = kBf16Chain;
  static constexpr int kSteps = 2;

  template <int Rows, int Vectors>
  static void chain(const std::uint32_t* a, std::int64_t k, const std::uint32_t* panel,
                    V16 (&sums)[Rows][Vectors]) {
    typename Pairs::ChainMode mode;
    mode.begin(sums);
    for (std::int64_t begin = 0; begin < k; begin += kChain, a += kRowBlock * kChain / 2) {
      const std::int64_t pairs = (k - begin < kChain ? k - begin + 1 : kChain) / 2;
      for (std::int64_t pair = 0; pair < pairs; ++pair, panel += kPanel) {
        V16 b[Vectors];
        prefetch_ahead<2, Rows, Vectors>(panel);
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; ++j) b[j] = load_words(panel + 16 * j);
        add_products<Pairs>([&](int i) { return broadcast_word(a[i * (kChain / 2) + pair]); }, b,
                            sums);
      }
    }
    mode.end(sums);
  }
};

/// Between a block of c and `partial`, row by row: the addresses of so many rows kept at hand cost
/// more than they save.
template <int Rows, int Vectors>
inline void prefetch_rows(const float* c, std::int64_t c_stride) {
#pragma GCC unroll 1
  for (int i = 0; i < Rows; ++i, c += c_stride)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) __builtin_prefetch(c + 16 * j, 1);
}
template <int Rows, int Vectors>
inline void copy_rows(const float* from, std::int64_t from_stride, float* to,
                      std::int64_t to_stride) {
#pragma GCC unroll 1
  for (int i = 0; i < Rows; ++i, from += from_stride, to += to_stride)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) store(to + 16 * j, load(from + 16 * j));
}

/// All chains of one register block. The chains are added up in a block of their own: the rows of c
/// lie far apart, often on the same lines of L1, and are touched once. Not inlined: beside its
/// neighbours GCC spills the accumulators.
template <class Panel, int Rows, int Vectors>
[[gnu::noinline]] void multiply_block(const typename Panel::Activation* a, std::int64_t k,
                                      const typename Panel::Value* panel, float* c,
                                      std::int64_t c_stride, bool first) {
  constexpr std::int64_t kStepsOfA = std::is_same_v<typename Panel::Activation, float> ? 1 : 2;
  alignas(64) float partial[Rows * 16 * Vectors];
  prefetch_rows<Rows, Vectors>(c, c_stride);
  std::int64_t begin = 0;
  do {
    V16 sums[Rows][Vectors];
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) sums[i][j] = broadcast(0.0f);
    Panel::chain(a + begin / kStepsOfA * kRowBlock,
                 k - begin < Panel::kLength ? k - begin : Panel::kLength,
                 panel + begin / Panel::kSteps * kPanel, sums);
    const bool alone = first && begin == 0;
    if (begin == 0 && !first) copy_rows<Rows, Vectors>(c, c_stride, partial, 16 * Vectors);
    if (alone) {
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; ++j) store(partial + (i * Vectors + j) * 16, sums[i][j]);
    } else {
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; ++j) {
          float* at = partial + (i * Vectors + j) * 16;
          store(at, add(load(at), sums[i][j]));
        }
    }
    begin += Panel::kLength;
  } while (begin < k);
  copy_rows<Rows, Vectors>(partial, 16 * Vectors, c, c_stride);
}

/// Picks the instance for `rows` and walks the panel in steps of kPanelVectors.
template <class Panel, int Rows>
inline void multiply_rows(const typename Panel::Activation* a, int rows, std::int64_t k,
                          const typename Panel::Value* panel, float* c, std::int64_t c_stride,
                          bool first) {
  if constexpr (Rows > 1) {
    if (rows < Rows) return multiply_rows<Panel, Rows - 1>(a, rows, k, panel, c, c_stride, first);
  }
  for (int j = 0; j < kPanel; j += 16 * kPanelVectors)
    multiply_block<Panel, Rows, kPanelVectors>(a, k, panel + j, c + j, c_stride, first);
}

/// A last panel of fewer columns goes through a local block.
template <class Panel>
inline void multiply_panel(const typename Panel::Activation* a, int rows, std::int64_t k,
                           const typename Panel::Value* panel, float* c, std::int64_t c_stride,
                           int columns, bool first) {
  if (columns == kPanel)
    return multiply_rows<Panel, kRowBlock>(a, rows, k, panel, c, c_stride, first);
  float block[kRowBlock * kPanel] = {};
  for (int i = 0; i < rows && !first; ++i)
    for (int j = 0; j < columns; ++j) block[i * kPanel + j] = c[i * c_stride + j];
  multiply_rows<Panel, kRowBlock>(a, rows, k, panel, block, kPanel, first);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) c[i * c_stride + j] = block[i * kPanel + j];
}

template <class Pairs>
inline void round_to_pairs(const float* x, std::int64_t n, std::uint32_t* out) {
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) Pairs::round(out + i / 2, load(x + i));
  if (i == n) return;
  std::uint32_t last[8];
  Pairs::round(last, load_front(x + i, static_cast<int>(n - i)));
  for (std::int64_t pair = 0; i + 2 * pair < n; ++pair) out[i / 2 + pair] = last[pair];
}

}  // namespace
}  // namespace flm
