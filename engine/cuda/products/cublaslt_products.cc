// cuBLASLt as a GemmLibrary.
#include <cublaslt_names.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/cuda/products/cublaslt_library.h"
#include "engine/cuda/products/gemm_library.h"

namespace flm {
namespace {

static_assert(sizeof(cublasLtMatmulAlgo_t) == sizeof(AlgorithmSettings));

/// The number itself where the header has no name for it: the library may be newer.
template <std::size_t kCount>
std::string name_of(const std::pair<int, const char*> (&names)[kCount], int number) {
  for (const auto& [known, name] : names)
    if (known == number) return name;
  return std::to_string(number);
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

/// Without workspace: no split that needs a reduction. Operands begin at multiples of
/// kOperandAlignment.
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
      set(operand, static_cast<std::uint32_t>(kOperandAlignment));
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

  std::vector<AlgorithmSettings> choices(const GemmShape& shape, std::int64_t rows,
                                         std::int64_t workspace_bytes) override {
    GemmCall call;
    call.m = rows;
    call.n = call.c_stride = shape.n;
    call.k = call.a_stride = shape.k;
    call.bf16 = shape.bf16;
    const Product product(lt_, call);
    std::array<cublasLtMatmulHeuristicResult_t, 16> found{};
    int count = 0;
    const Preference preference(lt_, workspace_bytes);
    const cublasStatus_t asked =
        lt_.heuristic(handle_, product.desc, product.weight, product.a, product.c, product.c,
                      preference.get(), static_cast<int>(found.size()), found.data(), &count);
    if (asked == CUBLAS_STATUS_NOT_SUPPORTED) return {};  // it has none
    lt_.check(asked, "cublasLtMatmulAlgoGetHeuristic");
    std::vector<AlgorithmSettings> all;
    for (int i = 0; i < count; ++i) {
      const cublasLtMatmulHeuristicResult_t& one = found[static_cast<std::size_t>(i)];
      const bool fits = one.state == CUBLAS_STATUS_SUCCESS &&
                        one.workspaceSize <= static_cast<std::size_t>(workspace_bytes);
      if (fits && (workspace_bytes > 0 || !splits(one.algo)))
        std::memcpy(&all.emplace_back(), &one.algo, sizeof one.algo);
    }
    return all;
  }

  AlgorithmDescription describe(const AlgorithmSettings& settings) override {
    const cublasLtMatmulAlgo_t algorithm = algorithm_of(settings);
    const auto number = [&]<class T>(cublasLtMatmulAlgoConfigAttributes_t what, T unknown) {
      (void)lt_.algo_get(&algorithm, what, &unknown, sizeof unknown, nullptr);
      return static_cast<int>(unknown);
    };
    AlgorithmDescription one;
    one.id = number(CUBLASLT_ALGO_CONFIG_ID, std::int32_t{-1});
    one.tile = name_of(kTileNames, number(CUBLASLT_ALGO_CONFIG_TILE_ID, std::uint32_t{0}));
    one.stages = name_of(kStagesNames, number(CUBLASLT_ALGO_CONFIG_STAGES_ID, std::uint32_t{0}));
    one.cluster =
        name_of(kClusterNames, number(CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID, std::uint16_t{0}));
    one.split = number(CUBLASLT_ALGO_CONFIG_SPLITK_NUM, std::int32_t{-1});
    one.swizzle = number(CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING, std::uint32_t{0});
    one.custom = number(CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION, std::uint32_t{0});
    one.inner = number(CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID, std::uint16_t{0});
    return one;
  }

  std::int64_t workspace_of(const AlgorithmSettings& settings, const GemmCall& call) override {
    const Product product(lt_, call);
    const cublasLtMatmulAlgo_t algorithm = algorithm_of(settings);
    cublasLtMatmulHeuristicResult_t result{};
    const bool taken = lt_.algo_check(handle_, product.desc, product.weight, product.a, product.c,
                                      product.c, &algorithm, &result) == CUBLAS_STATUS_SUCCESS;
    return taken ? static_cast<std::int64_t>(result.workspaceSize) : -1;
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

std::unique_ptr<GemmLibrary> make_gemm_library() { return std::make_unique<CublasLtLibrary>(); }

}  // namespace flm
