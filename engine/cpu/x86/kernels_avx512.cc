#include "engine/cpu/x86/v16_avx512.h"
// The vector type comes first: the kernels are written over it.
#include "engine/cpu/kernel_source.h"
#include "engine/cpu/x86/bf16_kernel.h"
#include "engine/cpu/x86/x86_kernels.h"

namespace flm {

const Kernels& kernels_avx512() {
  static const Kernels kernels = table<PairsInDaz>("avx512", false);
  return kernels;
}

}  // namespace flm
