// The CPU backend's product in place of cuBLASLt: its own fixed order of every sum.
#include <cmath>
#include <cstring>
#include <vector>

#include "engine/backend.h"
#include "engine/cuda/gemm.h"
#include "tests/cuda/emulation/device.h"

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

class PlainGemm : public Gemm {
 public:
  explicit PlainGemm(CudaStream stream) : stream_(stream) {}
  void run(const GemmCall& call) override {
    emulation::enqueue(stream_, [this, call] { multiply(call); }, {call.a, call.weight, call.c});
  }

 private:
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
    host_->matmul(a.data(), call.k, call.m, *packed, {}, sums.data(), call.n);
    for (std::int64_t i = 0; i < call.m * call.n; ++i) {
      float& c = call.c[i / call.n * call.c_stride + i % call.n];
      const float sum = sums[static_cast<std::size_t>(i)];
      c = call.accumulate ? std::fma(call.alpha, sum, c) : call.alpha * sum;
    }
  }

  const CudaStream stream_;
  const std::unique_ptr<Backend> host_ = make_cpu_backend(1, "");
};

}  // namespace

std::unique_ptr<Gemm> make_gemm(const std::string&, const Stream& stream) {
  return std::make_unique<PlainGemm>(stream);
}
std::string gemm_identity(const std::string&) { return "plain"; }

std::int64_t gemm_version() { return 1; }
TunedAlgorithm tune_gemm(const GemmShape& shape) {
  TunedAlgorithm tuned;
  tuned.pinned.settings = {static_cast<std::uint64_t>(shape.n % 7), 1, 2, 3, 4, 5, 6, 7};
  tuned.tried = 1;
  return tuned;
}
double fastest_gemm_seconds(const GemmShape& shape, std::int64_t rows) {
  return 1e-12 * static_cast<double>(2 * rows * shape.n * shape.k) / (shape.bf16 ? 8 : 1);
}

}  // namespace flm
