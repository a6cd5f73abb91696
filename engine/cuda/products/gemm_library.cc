#include "engine/cuda/products/gemm_library.h"

#include "base/errors.h"

namespace flm {
namespace {

bool lies_so(const void* begin, std::int64_t stride, std::int64_t width, std::int64_t element) {
  return reinterpret_cast<std::uintptr_t>(begin) % kOperandAlignment == 0 &&
         (stride == width || stride * element % kOperandAlignment == 0);
}

}  // namespace

bool a_lies_as_promised(const GemmCall& call) {
  return lies_so(call.a, call.a_stride, call.k, call.element_bytes());
}
bool c_lies_as_promised(const GemmCall& call) {
  return lies_so(call.c, call.c_stride, call.n, sizeof(float));
}
bool lies_as_promised(const GemmCall& call) {
  return a_lies_as_promised(call) && c_lies_as_promised(call);
}

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
