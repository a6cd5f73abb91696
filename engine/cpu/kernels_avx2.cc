#include "engine/cpu/v16_avx2.h"
// The vector type comes first: the kernels are written over it.
#include "engine/cpu/kernel_source.h"

namespace flm {

const Kernels& kernels_avx2() {
  static const Kernels kernels = table("avx2");
  return kernels;
}

}  // namespace flm
