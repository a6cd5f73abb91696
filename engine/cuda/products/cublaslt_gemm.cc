// The products of the CUDA backend by cuBLASLt: pinned, or as the library likes where that is asked
// for.
#include "base/errors.h"
#include "engine/cuda/products/algorithm_table.h"
#include "engine/cuda/products/cublaslt_library.h"
#include "engine/cuda/products/free_gemm.h"
#include "engine/cuda/products/pinned_gemm.h"

namespace flm {

std::int64_t gemm_version() { return static_cast<std::int64_t>(CublasLt::get().version()); }

std::string describe_gemm_library() {
  try {
    const std::int64_t version = gemm_version();  // 130101: 13.1.1
    return "cuBLASLt " + std::to_string(version / 10000) + "." +
           std::to_string(version / 100 % 100) + "." + std::to_string(version % 100) + ": " +
           CublasLt::get().file;
  } catch (const UserError& missing) {
    return missing.what();
  }
}

std::unique_ptr<Gemm> make_gemm(const std::string& device, const Stream& stream) {
  if (wants_free_products()) return std::make_unique<FreeGemm>(make_gemm_library(), stream);
  return std::make_unique<PinnedGemm>(
      make_gemm_library(),
      AlgorithmTable(AlgorithmTable::path_for(device, gemm_version()),
                     AlgorithmTable::tuned_text(device, gemm_version())),
      stream);
}

/// The library's algorithm is found for (n, k): another n may get another.
bool gemm_sums_by_inputs_alone() { return false; }

std::string gemm_identity(const std::string& device) {
  const std::string name = "cublaslt" + std::to_string(gemm_version()) + "-";
  if (wants_free_products()) return name + "free";
  return name + AlgorithmTable::identity(AlgorithmTable::tuned_text(device, gemm_version()));
}

}  // namespace flm
