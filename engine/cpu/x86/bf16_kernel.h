// bf16 operands in pairs on x86 without instructions for them. After a v16_*.h and kernel_source.h.
#pragma once

#include "engine/cpu/kernel_source.h"

namespace flm {
namespace {

/// While a chain runs the processor takes numbers below the normal range as zeros of their sign
/// (DAZ, bit 6 of MXCSR), as vdpbf16ps does with all that it reads. What a chain gives is not read
/// in it again, so that its end flushes it. The compiler knows nothing of the mode: sums are held
/// on both sides of each change of it, so that no step moves out and nothing else in.
class DenormalsAsZeros {
 public:
  template <int Rows, int Vectors>
  void begin(V16 (&sums)[Rows][Vectors]) {
    hold(sums);
    asm volatile("vstmxcsr %0" : "=m"(before_));
    set(before_ | 0x40);
    hold(sums);
  }
  template <int Rows, int Vectors>
  void end(V16 (&sums)[Rows][Vectors]) {
    hold(sums);
    set(before_);
    hold(sums);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) sums[i][j] = flush(sums[i][j]);
  }

 private:
  static void set(std::uint32_t mode) { asm volatile("vldmxcsr %0" : : "m"(mode)); }
  template <int Rows, int Vectors>
  static void hold(V16 (&sums)[Rows][Vectors]) {
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) held(sums[i][j]);
  }

  std::uint32_t before_ = 0;
};

/// The bits of PairsByParts, whose flushes the mode does.
struct PairsInDaz {
  using ChainMode = DenormalsAsZeros;

  static constexpr int kParts = 2;
  template <int Part>
  static V16 part(V16 words) {
    return Part == 0 ? high_halves(words) : low_halves(words);
  }
  template <int>
  static V16 multiply(V16 sum, V16 a, V16 b) {
    return fma(a, b, sum);
  }
  static void round(std::uint32_t* to, V16 a) { store_rounded(to, a); }
};

}  // namespace
}  // namespace flm
