// Products by cuBLASLt: one pinned algorithm for each (n, k, type) whatever m is, no split over k,
// no workspace.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/errors.h"
#include "base/sha256.h"
#include "engine/cuda/algorithm_table.h"
#include "engine/cuda/cublaslt_library.h"
#include "engine/cuda/device_pool.h"
#include "engine/cuda/gemm.h"
#include "engine/cuda/kernels.h"

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

/// Choices of the library for many rows that need neither workspace nor splits, best first.
std::vector<AlgorithmSettings> choices(const CublasLt& lt, cublasLtHandle_t handle, GemmCall call) {
  call.m = kReferenceRows;
  const Product product(lt, call);
  cublasLtMatmulPreference_t preference = nullptr;
  lt.check(lt.preference_create(&preference), "cublasLtMatmulPreferenceCreate");
  const std::uint64_t workspace = 0;
  const std::uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_NONE;
  lt.preference_set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace,
                    sizeof workspace);
  lt.preference_set(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &schemes,
                    sizeof schemes);
  std::array<cublasLtMatmulHeuristicResult_t, 16> found{};
  int count = 0;
  const cublasStatus_t status =
      lt.heuristic(handle, product.desc, product.weight, product.a, product.c, product.c,
                   preference, static_cast<int>(found.size()), found.data(), &count);
  lt.preference_destroy(preference);
  lt.check(status, "cublasLtMatmulAlgoGetHeuristic");
  std::vector<AlgorithmSettings> all;
  for (int i = 0; i < count; ++i) {
    std::uint32_t splits = 0;
    const cublasLtMatmulAlgo_t& algorithm = found[static_cast<std::size_t>(i)].algo;
    lt.check(
        lt.algo_get(&algorithm, CUBLASLT_ALGO_CONFIG_SPLITK_NUM, &splits, sizeof splits, nullptr),
        "cublasLtMatmulAlgoConfigGetAttribute");
    if (splits <= 1) all.push_back(settings_of(lt, algorithm));
  }
  FLM_CHECK(!all.empty(), "cuBLASLt has no algorithm without splits for n " +
                              std::to_string(call.n) + ", k " + std::to_string(call.k));
  return all;
}

class CublasLtGemm : public Gemm {
 public:
  explicit CublasLtGemm(const std::string& device)
      : lt_(CublasLt::get()),
        table_(AlgorithmTable::path_for(device, gemm_version()),
               AlgorithmTable::tuned_text(device, gemm_version())) {
    lt_.check(lt_.create(&handle_), "cublasLtCreate");
  }
  ~CublasLtGemm() override { lt_.destroy(handle_); }

  void run(const GemmCall& call, CudaStream stream) override {
    const AlgorithmTable::Key key{call.n, call.k, call.bf16 ? "bf16" : "fp32"};
    if (!table_.find(key)) table_.add(key, choices(lt_, handle_, call).front());
    run_with(lt_, handle_, *table_.find(key), call, stream);
  }

  static void run_with(const CublasLt& lt, cublasLtHandle_t handle,
                       const AlgorithmSettings& settings, const GemmCall& call, CudaStream stream) {
    const Product product(lt, call);
    cublasLtMatmulAlgo_t algorithm{};
    lt.check(lt.algo_init(handle, CUBLAS_COMPUTE_32F, CUDA_R_32F, product.type(), product.type(),
                          CUDA_R_32F, CUDA_R_32F, static_cast<int>(settings[0]), &algorithm),
             "cublasLtMatmulAlgoInit");
    for (std::size_t i = 1; i < kSettings.size(); ++i)  // the id is not set, it is what was made
      lt.check(lt.algo_set(&algorithm, kSettings[i], &settings[i], bytes_of_setting(kSettings[i])),
               "cublasLtMatmulAlgoConfigSetAttribute");
    const float one = 1, zero = 0;
    lt.check(lt.matmul(handle, product.desc, &one, call.weight, product.weight, call.a, product.a,
                       &zero, call.c, product.c, call.c, product.c, &algorithm, nullptr, 0, stream),
             "cublasLtMatmul with the pinned algorithm");
  }

 private:
  const CublasLt& lt_;
  AlgorithmTable table_;
  cublasLtHandle_t handle_ = nullptr;
};

/// One product's operands, pseudo-random, for measurements.
class Trial {
 public:
  explicit Trial(const GemmShape& shape) : shape_(shape), lt_(CublasLt::get()) {
    lt_.check(lt_.create(&handle_), "cublasLtCreate");
    a_ = operand(kTunedRows, 1);
    weight_ = operand(shape.n, 2);
    c_ = pool_.acquire(kTunedRows * shape.n * 4, stream_);
  }
  ~Trial() {
    stream_.wait();
    for (void* memory : {a_, weight_, c_}) pool_.release(memory);
    lt_.destroy(handle_);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  std::vector<AlgorithmSettings> algorithms() const { return choices(lt_, handle_, call(1)); }

  /// Best of some runs.
  double seconds(const AlgorithmSettings& settings) {
    double best = 1e9;
    for (int i = 0; i < 10; ++i) {
      stream_.wait();
      const double begin = monotonic_seconds();
      CublasLtGemm::run_with(lt_, handle_, settings, call(kTunedRows), stream_);
      stream_.wait();
      best = std::min(best, monotonic_seconds() - begin);
    }
    return best;
  }

  /// Whether the first rows have the same bits at every number of rows that is tried.
  bool independent(const AlgorithmSettings& settings) {
    const std::vector<float> all = rows(settings, kTunedRows, 257);
    for (std::int64_t m : {1, 2, 7, 16, 33, 64, 129, 257}) {
      const std::vector<float> few = rows(settings, m, m);
      if (std::memcmp(few.data(), all.data(), few.size() * sizeof(float)) != 0) return false;
    }
    return true;
  }

 private:
  void* operand(std::int64_t count, std::uint64_t key) {
    void* memory = pool_.acquire(count * shape_.k * (shape_.bf16 ? 2 : 4), stream_);
    cuda::counter_weights(stream_, {key, -13, shape_.k, 0, count, 0, shape_.k}, shape_.bf16,
                          memory);
    return memory;
  }
  GemmCall call(std::int64_t m) const {
    return {a_,       shape_.k, weight_,    static_cast<float*>(c_), shape_.n, m,
            shape_.n, shape_.k, shape_.bf16};
  }
  std::vector<float> rows(const AlgorithmSettings& settings, std::int64_t m, std::int64_t kept) {
    CublasLtGemm::run_with(lt_, handle_, settings, call(m), stream_);
    std::vector<float> out(static_cast<std::size_t>(kept * shape_.n));
    copy_to_host(out.data(), c_, kept * shape_.n * 4, stream_);
    stream_.wait();
    return out;
  }

  const GemmShape shape_;
  const CublasLt& lt_;
  cublasLtHandle_t handle_ = nullptr;
  Stream stream_;
  DevicePool pool_{stream_, DevicePool::Takers::kSameStream};
  void *a_ = nullptr, *weight_ = nullptr, *c_ = nullptr;
};

}  // namespace

TunedAlgorithm tune_gemm(const GemmShape& shape) {
  Trial trial(shape);
  TunedAlgorithm tuned;
  for (const AlgorithmSettings& settings : trial.algorithms()) {
    const double seconds = trial.seconds(settings);
    if (tuned.tried++ == 0) tuned.first_seconds = seconds;
    if (!trial.independent(settings)) {
      ++tuned.dependent;
    } else if (tuned.seconds == 0 || seconds < tuned.seconds) {
      tuned.seconds = seconds;
      tuned.settings = settings;
    }
  }
  FLM_CHECK(tuned.seconds > 0, "every algorithm's bits depend on the number of rows for n " +
                                   std::to_string(shape.n) + ", k " + std::to_string(shape.k));
  return tuned;
}

std::unique_ptr<Gemm> make_gemm(const std::string& device) {
  return std::make_unique<CublasLtGemm>(device);
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
