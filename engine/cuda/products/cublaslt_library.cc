#include "engine/cuda/products/cublaslt_library.h"

#include <dlfcn.h>

#include <string>

#include "base/errors.h"
#include "engine/cuda/runtime/shared_library.h"

namespace flm {
namespace {

template <class F>
void resolve(const SharedLibrary& library, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library.handle, name));
  if (!function)
    throw UserError("cuBLASLt: " + library.file + " has no " + name + "; install CUDA 12 or newer");
}

CublasLt load() {
  const SharedLibrary library = load_library(kCublasLtFiles);
  CublasLt lt{};
  resolve(library, "cublasLtCreate", lt.create);
  resolve(library, "cublasLtDestroy", lt.destroy);
  resolve(library, "cublasLtGetStatusString", lt.status_string);
  resolve(library, "cublasLtGetVersion", lt.version);
  resolve(library, "cublasLtMatmulDescCreate", lt.desc_create);
  resolve(library, "cublasLtMatmulDescDestroy", lt.desc_destroy);
  resolve(library, "cublasLtMatmulDescSetAttribute", lt.desc_set);
  resolve(library, "cublasLtMatrixLayoutCreate", lt.layout_create);
  resolve(library, "cublasLtMatrixLayoutDestroy", lt.layout_destroy);
  resolve(library, "cublasLtMatmulPreferenceCreate", lt.preference_create);
  resolve(library, "cublasLtMatmulPreferenceDestroy", lt.preference_destroy);
  resolve(library, "cublasLtMatmulPreferenceSetAttribute", lt.preference_set);
  resolve(library, "cublasLtMatmulAlgoGetHeuristic", lt.heuristic);
  resolve(library, "cublasLtMatmulAlgoConfigGetAttribute", lt.algo_get);
  resolve(library, "cublasLtMatmulAlgoCheck", lt.algo_check);
  resolve(library, "cublasLtMatmul", lt.matmul);
  lt.file = library.file;
  return lt;
}

}  // namespace

const CublasLt& CublasLt::get() {
  static const CublasLt library = load();
  return library;
}

void CublasLt::check(cublasStatus_t status, const char* call) const {
  FLM_CHECK(status == CUBLAS_STATUS_SUCCESS,
            std::string("cuBLASLt call failed: ") + call + ": " + status_string(status));
}

}  // namespace flm
