// Products by cuBLASLt: one pinned algorithm for each (n, k, type) whatever m is, no split over k,
// no workspace.
#include <array>
#include <memory>

#include "base/errors.h"
#include "engine/cuda/algorithm_table.h"
#include "engine/cuda/cublaslt_library.h"
#include "engine/cuda/gemm.h"

namespace flm {
namespace {

constexpr std::int64_t kReferenceRows = 4096;  // m of the search for an algorithm

constexpr std::array kSettings = {CUBLASLT_ALGO_CONFIG_ID,
                                  CUBLASLT_ALGO_CONFIG_TILE_ID,
                                  CUBLASLT_ALGO_CONFIG_STAGES_ID,
                                  CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING,
                                  CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION,
                                  CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID,
                                  CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID};

std::size_t bytes_of_setting(cublasLtMatmulAlgoConfigAttributes_t setting) {
  const bool narrow = setting == CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID ||
                      setting == CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID;
  return narrow ? sizeof(std::uint16_t) : sizeof(std::uint32_t);
}

AlgorithmSettings settings_of(const CublasLt& lt, const cublasLtMatmulAlgo_t& algorithm) {
  AlgorithmSettings settings{};
  for (std::size_t i = 0; i < kSettings.size(); ++i)
    lt.check(lt.algo_get(&algorithm, kSettings[i], &settings[i], bytes_of_setting(kSettings[i]),
                         nullptr),
             "cublasLtMatmulAlgoConfigGetAttribute");
  return settings;
}

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

class CublasLtGemm : public Gemm {
 public:
  explicit CublasLtGemm(const std::string& device)
      : lt_(CublasLt::get()),
        table_(AlgorithmTable::path_for(device, static_cast<std::int64_t>(lt_.version()))) {
    lt_.check(lt_.create(&handle_), "cublasLtCreate");
  }
  ~CublasLtGemm() override { lt_.destroy(handle_); }

  void run(const GemmCall& call, CudaStream stream) override {
    const Product product(lt_, call);
    const cublasLtMatmulAlgo_t algorithm = pinned(call, product);
    const float one = 1, zero = 0;
    lt_.check(
        lt_.matmul(handle_, product.desc, &one, call.weight, product.weight, call.a, product.a,
                   &zero, call.c, product.c, call.c, product.c, &algorithm, nullptr, 0, stream),
        "cublasLtMatmul with the pinned algorithm");
  }

 private:
  cublasLtMatmulAlgo_t pinned(const GemmCall& call, const Product& product) {
    const AlgorithmTable::Key key{call.n, call.k, call.bf16 ? "bf16" : "fp32"};
    if (!table_.find(key)) table_.add(key, search(call));
    const AlgorithmSettings settings = *table_.find(key);
    cublasLtMatmulAlgo_t algorithm{};
    lt_.check(lt_.algo_init(handle_, CUBLAS_COMPUTE_32F, CUDA_R_32F, product.type(), product.type(),
                            CUDA_R_32F, CUDA_R_32F, static_cast<int>(settings[0]), &algorithm),
              "cublasLtMatmulAlgoInit");
    for (std::size_t i = 1; i < kSettings.size(); ++i)  // the id is not set, it is what was made
      lt_.check(
          lt_.algo_set(&algorithm, kSettings[i], &settings[i], bytes_of_setting(kSettings[i])),
          "cublasLtMatmulAlgoConfigSetAttribute");
    return algorithm;
  }

  /// The library's first choice for many rows among those that need neither workspace nor splits.
  AlgorithmSettings search(GemmCall call) const {
    call.m = kReferenceRows;
    const Product product(lt_, call);
    cublasLtMatmulPreference_t preference = nullptr;
    lt_.check(lt_.preference_create(&preference), "cublasLtMatmulPreferenceCreate");
    const std::uint64_t workspace = 0;
    const std::uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_NONE;
    lt_.preference_set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace,
                       sizeof workspace);
    lt_.preference_set(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &schemes,
                       sizeof schemes);
    std::array<cublasLtMatmulHeuristicResult_t, 16> found{};
    int count = 0;
    const cublasStatus_t status =
        lt_.heuristic(handle_, product.desc, product.weight, product.a, product.c, product.c,
                      preference, static_cast<int>(found.size()), found.data(), &count);
    lt_.preference_destroy(preference);
    lt_.check(status, "cublasLtMatmulAlgoGetHeuristic");
    for (int i = 0; i < count; ++i) {
      std::uint32_t splits = 0;
      const cublasLtMatmulAlgo_t& algorithm = found[static_cast<std::size_t>(i)].algo;
      lt_.check(lt_.algo_get(&algorithm, CUBLASLT_ALGO_CONFIG_SPLITK_NUM, &splits, sizeof splits,
                             nullptr),
                "cublasLtMatmulAlgoConfigGetAttribute");
      if (splits <= 1) return settings_of(lt_, algorithm);
    }
    FLM_CHECK(false, "cuBLASLt has no algorithm without splits for n " + std::to_string(call.n) +
                         ", k " + std::to_string(call.k));
    return {};
  }

  const CublasLt& lt_;
  AlgorithmTable table_;
  cublasLtHandle_t handle_ = nullptr;
};

}  // namespace

std::unique_ptr<Gemm> make_gemm(const std::string& device) {
  return std::make_unique<CublasLtGemm>(device);
}

/// The search is a function of device and library, so that they name the table too.
std::string gemm_identity(const std::string&) {
  return "cublaslt" + std::to_string(CublasLt::get().version());
}

}  // namespace flm
