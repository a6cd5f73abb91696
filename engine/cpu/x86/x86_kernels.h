// The kernels for x86-64's vector instructions: each is called on a processor that has them.
#pragma once

#include "engine/cpu/kernels.h"

namespace flm {

const Kernels& kernels_avx2();
const Kernels& kernels_avx512();
const Kernels& kernels_avx512_bf16();  // the same with vdpbf16ps

}  // namespace flm
