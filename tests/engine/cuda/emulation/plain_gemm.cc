// The CPU backend's product in place of cuBLASLt: its own fixed order of every sum.
#include <cmath>
#include <cstring>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cuda/products/gemm_library.h"
#include "tests/engine/cuda/emulation/device.h"

namespace flm {
namespace {

/// [rows, columns] as fp32, dense.
std::vector<float> widened(const void* data, std::int64_t stride, std::int64_t rows,
                           std::int64_t columns, bool narrow) {
  std::vector<float> wide(static_cast<std::size_t>(rows * columns));
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t i = 0; i < columns; ++i)
      wide[static_cast<std::size_t>(r * columns + i)] =
          narrow ? to_float(static_cast<const bf16*>(data)[r * stride + i])
                 : static_cast<const float*>(data)[r * stride + i];
  return wide;
}

/// One order of sums, by two names: a choice for many rows and one for few.
class PlainLibrary : public GemmLibrary {
 public:
  std::vector<AlgorithmSettings> choices(const GemmShape&, std::int64_t rows,
                                         std::int64_t) override {
    return {{rows > kMostFewRows ? kMany : kFew}};
  }
  AlgorithmDescription describe(const AlgorithmSettings& settings) override {
    return {static_cast<int>(settings[0]), "plain", "none", "1x1x1"};
  }
  std::int64_t workspace_of(const AlgorithmSettings&, const GemmCall&) override { return 0; }
  void run(const AlgorithmSettings&, const GemmCall& call, CudaStream stream,
           const GemmWorkspace&) override {
    emulation::enqueue(stream, [this, call] { multiply(call); }, {call.a, call.weight, call.c});
  }

 private:
  static constexpr std::uint64_t kMany = 1, kFew = 2;

  void multiply(const GemmCall& call) const {
    const std::vector<float> a = widened(call.a, call.a_stride, call.m, call.k, call.bf16),
                             weight = widened(call.weight, call.k, call.n, call.k, call.bf16);
    MatrixSlice slice{
        {{DType::kF32, {call.n, call.k}, reinterpret_cast<const std::byte*>(weight.data())}, {}},
        0,
        call.n,
        0,
        call.k};
    const auto packed = host_->pack({&slice, 1});
    std::vector<float> sums(static_cast<std::size_t>(call.m * call.n));
    host_->matmul(Rows{a.data(), call.k}, call.m, *packed, {}, Assigned{sums.data(), call.n});
    for (std::int64_t i = 0; i < call.m * call.n; ++i) {
      float& c = call.c[i / call.n * call.c_stride + i % call.n];
      const float sum = sums[static_cast<std::size_t>(i)];
      c = call.accumulate ? std::fma(call.alpha, sum, c) : call.alpha * sum;
    }
  }

  const std::unique_ptr<Backend> host_ = make_cpu_backend(1, "");
};

/// No search: what the tests compute has one order anyhow.
class PlainGemm : public Gemm {
 public:
  explicit PlainGemm(CudaStream stream) : stream_(stream) {}
  void run(const GemmCall& call) override { library_.run({}, call, stream_, {}); }

 private:
  const CudaStream stream_;
  PlainLibrary library_;
};

}  // namespace

std::unique_ptr<Gemm> make_gemm(const std::string&, const Stream& stream) {
  return std::make_unique<PlainGemm>(stream);
}
std::unique_ptr<GemmLibrary> make_gemm_library() { return std::make_unique<PlainLibrary>(); }
bool gemm_sums_by_inputs_alone() { return true; }
std::string gemm_identity(const std::string&) { return "plain"; }
std::int64_t gemm_version() { return 1; }
std::string describe_gemm_library() { return "a plain product"; }

}  // namespace flm
