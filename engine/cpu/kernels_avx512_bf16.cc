#include "engine/cpu/v16_avx512.h"

namespace flm {
namespace {

inline V16 pair_step(V16 sum, V16 a, V16 b) {
  return {
      _mm512_dpbf16_ps(sum.v, reinterpret_cast<__m512bh>(a.v), reinterpret_cast<__m512bh>(b.v))};
}
inline constexpr bool kBf16InHardware = true;

}  // namespace
}  // namespace flm
#define FLM_BF16_STEP pair_step
// The vector type comes first: the kernels are written over it.
#include "engine/cpu/kernel_source.h"

namespace flm {

const Kernels& kernels_avx512_bf16() {
  static const Kernels kernels = table("avx512");
  return kernels;
}

}  // namespace flm
