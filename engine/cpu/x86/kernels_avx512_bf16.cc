#include "engine/cpu/x86/v16_avx512.h"

// The vector type comes first: the kernels are written over it.
#include "engine/cpu/kernel_source.h"
#include "engine/cpu/x86/x86_kernels.h"

namespace flm {
namespace {

struct NativePairs : WholeWords {
  template <int>
  static V16 multiply(V16 sum, V16 a, V16 b) {
    return {
        _mm512_dpbf16_ps(sum.v, reinterpret_cast<__m512bh>(a.v), reinterpret_cast<__m512bh>(b.v))};
  }
  static void round(std::uint32_t* to, V16 a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(a.v)));
  }
};

}  // namespace

const Kernels& kernels_avx512_bf16() {
  static const Kernels kernels = table<NativePairs>("avx512", true);
  return kernels;
}

}  // namespace flm
