#include "engine/cpu/v16_portable.h"
// The vector type comes first: the kernels are written over it.
#include "engine/cpu/kernel_source.h"

namespace flm {

const Kernels& kernels_portable() {
  static const Kernels kernels = table<PairsByParts>("portable", false);
  return kernels;
}

}  // namespace flm
