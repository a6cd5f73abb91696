#include "engine/cpu/x86/v16_avx512.h"

namespace flm {
namespace {

inline V16 pair_step(V16 sum, V16 a, V16 b) {
  return {
      _mm512_dpbf16_ps(sum.v, reinterpret_cast<__m512bh>(a.v), reinterpret_cast<__m512bh>(b.v))};
}

}  // namespace
}  // namespace flm
// The vector type comes first: the kernels are written over it.
#include "engine/cpu/kernel_source.h"
#include "engine/cpu/x86/x86_kernels.h"

namespace flm {

const Kernels& kernels_avx512_bf16() {
  static const Kernels kernels = table<pair_step>("avx512", true);
  return kernels;
}

}  // namespace flm
