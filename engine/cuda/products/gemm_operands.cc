#include "engine/cuda/products/gemm_operands.h"

#include <algorithm>

#include "engine/cuda/kernels/kernels.h"

namespace flm {
namespace {

constexpr std::uint64_t kRowsKey = 1, kWeightKey = 2, kOutputKey = 3;
constexpr float kAlpha = 0.7f;  // no power of two: it rounds

}  // namespace

GemmOperands::GemmOperands(const GemmShape& shape, std::int64_t rows, const Stream& stream)
    : shape_(shape),
      stream_(stream),
      pool_(stream, DevicePool::Takers::kSameStream),
      a_(pool_, stream, rows * shape.k * element_bytes()),
      weight_(pool_, stream, shape.n * shape.k * element_bytes()),
      c_row_(pool_, stream, shape.n * 4) {
  cuda::pseudo_random(stream_, kRowsKey, rows * shape.k, shape.bf16, a_.as<void>());
  cuda::pseudo_random(stream_, kWeightKey, shape.n * shape.k, shape.bf16, weight_.as<void>());
  cuda::pseudo_random(stream_, kOutputKey, shape.n, false, c_row_.as<void>());
}

GemmCall GemmOperands::call(std::int64_t first, std::int64_t rows, float* c) const {
  GemmCall call = part_call(rows, 0, shape_.n, c);
  call.a = a_.as<std::byte>() + first * shape_.k * element_bytes();
  return call;
}

GemmCall GemmOperands::part_call(std::int64_t rows, std::int64_t first_output, std::int64_t outputs,
                                 float* c) const {
  const auto* weight = weight_.as<std::byte>() + first_output * shape_.k * element_bytes();
  return {a_.as<void>(), shape_.k, weight, c, outputs, rows, outputs, shape_.k, shape_.bf16};
}

GemmCall GemmOperands::ready(GemmCall call, bool adds, std::int64_t first_output) const {
  if (!adds) return call;
  const std::int64_t n = call.n;
  copy_within_device(call.c, c_row_.as<float>() + first_output, n * 4, stream_);
  for (std::int64_t rows = 1; rows < call.m; rows *= 2)  // what is there, once more behind it
    copy_within_device(call.c + rows * n, call.c, std::min(rows, call.m - rows) * n * 4, stream_);
  call.alpha = kAlpha;
  call.accumulate = true;
  return call;
}

}  // namespace flm
