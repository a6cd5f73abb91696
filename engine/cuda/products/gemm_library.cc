#include "engine/cuda/products/gemm_library.h"

#include "base/errors.h"

namespace flm {

bool GemmLibrary::try_run(const AlgorithmSettings& settings, const GemmCall& call,
                          CudaStream stream) {
  if (!supports(settings, call)) return false;
  try {
    run(settings, call, stream, {});
    return true;
  } catch (const InternalError&) {
    return false;
  }
}

}  // namespace flm
