#include "engine/cuda/no_cuda.h"

#include "base/errors.h"

namespace flm {

void refuse_cuda() {
  throw UserError("--device cuda: this build has no CUDA backend yet; use --device cpu");
}

}  // namespace flm
