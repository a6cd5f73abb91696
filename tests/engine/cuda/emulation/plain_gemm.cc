// The CPU backend's product in place of cuBLASLt: its own fixed order of every sum.
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/errors.h"
#include "engine/backend/backend.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cuda/products/dense_calls.h"
#include "engine/cuda/products/gemm_library.h"
#include "tests/engine/cuda/emulation/device.h"

namespace flm {
namespace {

/// Whether products of few outputs sum the other way round, as a library's algorithm for a part of
/// the outputs may: FLM_EMULATED_SUMS=by-shape.
bool sums_by_shape() {
  const char* sums = std::getenv("FLM_EMULATED_SUMS");
  return sums && std::string_view(sums) == "by-shape";
}
bool descends(const GemmCall& call) { return call.n < 64 && sums_by_shape(); }

/// [rows, columns] as fp32, dense; each row the other way round where `backwards`.
std::vector<float> widened(const void* data, std::int64_t stride, std::int64_t rows,
                           std::int64_t columns, bool narrow, bool backwards) {
  std::vector<float> wide(static_cast<std::size_t>(rows * columns));
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t i = 0; i < columns; ++i) {
      const std::int64_t from = r * stride + (backwards ? columns - 1 - i : i);
      wide[static_cast<std::size_t>(r * columns + i)] =
          narrow ? to_float(static_cast<const bf16*>(data)[from])
                 : static_cast<const float*>(data)[from];
    }
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
    FLM_CHECK(lies_as_promised(call), "a product's operands lie otherwise than promised");
    emulation::enqueue(stream, [this, call] { multiply(call); }, {call.a, call.weight, call.c});
  }

 private:
  static constexpr std::uint64_t kMany = 1, kFew = 2;

  void multiply(const GemmCall& call) const {
    const bool backwards = descends(call);
    const std::vector<float> a = widened(call.a, call.a_stride, call.m, call.k, call.bf16,
                                         backwards),
                             weight =
                                 widened(call.weight, call.k, call.n, call.k, call.bf16, backwards);
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
  explicit PlainGemm(const Stream& stream) : stream_(stream), dense_(stream) {}
  void run(const GemmCall& call) override {
    dense_.run(call, [this](const GemmCall& one) { library_.run({}, one, stream_, {}); });
  }

 private:
  const Stream& stream_;
  DenseCalls dense_;
  PlainLibrary library_;
};

}  // namespace

std::unique_ptr<Gemm> make_gemm(const std::string&, const Stream& stream) {
  return std::make_unique<PlainGemm>(stream);
}
std::unique_ptr<GemmLibrary> make_gemm_library() { return std::make_unique<PlainLibrary>(); }
bool gemm_sums_by_inputs_alone() { return !sums_by_shape(); }
std::string gemm_identity(const std::string&) { return "plain"; }
std::int64_t gemm_version() { return 1; }
std::string describe_gemm_library() { return "a plain product"; }

}  // namespace flm
