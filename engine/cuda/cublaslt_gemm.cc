// Products by cuBLASLt. What runs neither splits k nor needs workspace; what does is only timed.
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "base/errors.h"
#include "base/sha256.h"
#include "engine/cuda/algorithm_table.h"
#include "engine/cuda/cublaslt_library.h"
#include "engine/cuda/pinned_gemm.h"

namespace flm {
namespace {

constexpr std::uint32_t kAlignment = 16;       // bytes
constexpr std::int64_t kReferenceRows = 4096;  // m of the search for an algorithm

static_assert(sizeof(cublasLtMatmulAlgo_t) == sizeof(AlgorithmSettings));

/// Descriptions of one product in the library's column-major terms: c^T [n, m] = weight * a^T.
class Product {
 public:
  Product(const CublasLt& lt, const GemmCall& call) : lt_(lt), type_(type_of(call)) {
    const cublasOperation_t transposed = CUBLAS_OP_T;
    lt.check(lt.desc_create(&desc, CUBLAS_COMPUTE_32F, CUDA_R_32F), "cublasLtMatmulDescCreate");
    lt.check(lt.desc_set(desc, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof transposed),
             "cublasLtMatmulDescSetAttribute");
    create(weight, type_, call.k, call.n, call.k);
    create(a, type_, call.k, call.m, call.a_stride);
    create(c, CUDA_R_32F, call.n, call.m, call.c_stride);
  }
  ~Product() {
    lt_.desc_destroy(desc);
    for (cublasLtMatrixLayout_t layout : {weight, a, c}) lt_.layout_destroy(layout);
  }
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;
  cudaDataType_t type() const { return type_; }

  cublasLtMatmulDesc_t desc = nullptr;
  cublasLtMatrixLayout_t weight = nullptr, a = nullptr, c = nullptr;

 private:
  static cudaDataType_t type_of(const GemmCall& call) {
    return call.bf16 ? CUDA_R_16BF : CUDA_R_32F;
  }
  void create(cublasLtMatrixLayout_t& layout, cudaDataType_t type, std::int64_t rows,
              std::int64_t columns, std::int64_t stride) {
    lt_.check(lt_.layout_create(&layout, type, static_cast<std::uint64_t>(rows),
                                static_cast<std::uint64_t>(columns), stride),
              "cublasLtMatrixLayoutCreate");
  }

  const CublasLt& lt_;
  cudaDataType_t type_;
};

/// Without workspace: no split that needs a reduction. Operands begin at multiples of kAlignment.
class Preference {
 public:
  Preference(const CublasLt& lt, std::int64_t workspace_bytes) : lt_(lt) {
    lt_.check(lt_.preference_create(&preference_), "cublasLtMatmulPreferenceCreate");
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, static_cast<std::uint64_t>(workspace_bytes));
    set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
        static_cast<std::uint32_t>(workspace_bytes > 0 ? CUBLASLT_REDUCTION_SCHEME_MASK
                                                       : CUBLASLT_REDUCTION_SCHEME_NONE));
    for (const auto operand :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      set(operand, kAlignment);
  }
  ~Preference() { lt_.preference_destroy(preference_); }
  Preference(const Preference&) = delete;
  Preference& operator=(const Preference&) = delete;
  cublasLtMatmulPreference_t get() const { return preference_; }

 private:
  template <class T>
  void set(cublasLtMatmulPreferenceAttributes_t attribute, T value) {
    lt_.check(lt_.preference_set(preference_, attribute, &value, sizeof value),
              "cublasLtMatmulPreferenceSetAttribute");
  }

  const CublasLt& lt_;
  cublasLtMatmulPreference_t preference_ = nullptr;
};

class CublasLtLibrary : public GemmLibrary {
 public:
  CublasLtLibrary() : lt_(CublasLt::get()) { lt_.check(lt_.create(&handle_), "cublasLtCreate"); }
  ~CublasLtLibrary() override { lt_.destroy(handle_); }

  std::vector<AlgorithmSettings> choices(const GemmShape& shape,
                                         std::int64_t workspace_bytes) override {
    GemmCall call;
    call.m = kReferenceRows;
    call.n = call.c_stride = shape.n;
    call.k = call.a_stride = shape.k;
    call.bf16 = shape.bf16;
    const Product product(lt_, call);
    std::array<cublasLtMatmulHeuristicResult_t, 16> found{};
    int count = 0;
    const Preference preference(lt_, workspace_bytes);
    lt_.check(lt_.heuristic(handle_, product.desc, product.weight, product.a, product.c, product.c,
                            preference.get(), static_cast<int>(found.size()), found.data(), &count),
              "cublasLtMatmulAlgoGetHeuristic");
    std::vector<AlgorithmSettings> all;
    for (int i = 0; i < count; ++i) {
      const cublasLtMatmulHeuristicResult_t& one = found[static_cast<std::size_t>(i)];
      const bool fits = one.state == CUBLAS_STATUS_SUCCESS &&
                        one.workspaceSize <= static_cast<std::size_t>(workspace_bytes);
      if (fits && (workspace_bytes > 0 || !splits(one.algo)))
        std::memcpy(&all.emplace_back(), &one.algo, sizeof one.algo);
    }
    FLM_CHECK(!all.empty(), "cuBLASLt has no algorithm without splits for n " +
                                std::to_string(shape.n) + ", k " + std::to_string(shape.k));
    return all;
  }

  bool supports(const AlgorithmSettings& settings, const GemmCall& call) override {
    const Product product(lt_, call);
    const cublasLtMatmulAlgo_t algorithm = algorithm_of(settings);
    cublasLtMatmulHeuristicResult_t result{};
    return lt_.algo_check(handle_, product.desc, product.weight, product.a, product.c, product.c,
                          &algorithm, &result) == CUBLAS_STATUS_SUCCESS &&
           result.workspaceSize == 0;
  }

  void run(const AlgorithmSettings& settings, const GemmCall& call, CudaStream stream,
           const GemmWorkspace& workspace) override {
    const Product product(lt_, call);
    const cublasLtMatmulAlgo_t algorithm = algorithm_of(settings);
    const float beta = call.accumulate ? 1 : 0;
    lt_.check(lt_.matmul(handle_, product.desc, &call.alpha, call.weight, product.weight, call.a,
                         product.a, &beta, call.c, product.c, call.c, product.c, &algorithm,
                         workspace.memory, static_cast<std::size_t>(workspace.bytes), stream),
              "cublasLtMatmul with a chosen algorithm");
  }

 private:
  static cublasLtMatmulAlgo_t algorithm_of(const AlgorithmSettings& settings) {
    cublasLtMatmulAlgo_t algorithm{};
    std::memcpy(&algorithm, &settings, sizeof algorithm);
    return algorithm;
  }
  /// One that does not say is taken for one that does.
  bool splits(const cublasLtMatmulAlgo_t& algorithm) const {
    std::uint32_t count = 0;
    return lt_.algo_get(&algorithm, CUBLASLT_ALGO_CONFIG_SPLITK_NUM, &count, sizeof count,
                        nullptr) != CUBLAS_STATUS_SUCCESS ||
           count > 1;
  }

  const CublasLt& lt_;
  cublasLtHandle_t handle_ = nullptr;
};

}  // namespace

TunedAlgorithm tune_gemm(const GemmShape& shape) {
  CublasLtLibrary library;
  return tune_gemm(library, shape);
}

double fastest_gemm_seconds(const GemmShape& shape, std::int64_t rows) {
  CublasLtLibrary library;
  return fastest_gemm_seconds(library, shape, rows);
}

std::unique_ptr<Gemm> make_gemm(const std::string& device, const Stream& stream) {
  return std::make_unique<PinnedGemm>(
      std::make_unique<CublasLtLibrary>(),
      AlgorithmTable(AlgorithmTable::path_for(device, gemm_version()),
                     AlgorithmTable::tuned_text(device, gemm_version())),
      stream);
}

std::int64_t gemm_version() { return static_cast<std::int64_t>(CublasLt::get().version()); }

/// The search is a function of device and library, so that they name the table too; a tuned one is
/// named by its content.
std::string gemm_identity(const std::string& device) {
  const std::string tuned = AlgorithmTable::tuned_text(device, gemm_version());
  return "cublaslt" + std::to_string(gemm_version()) +
         (tuned.empty() ? "" : "-tuned-" + sha256_hex(tuned).substr(0, 12));
}

}  // namespace flm
