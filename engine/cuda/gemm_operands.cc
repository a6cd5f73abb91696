#include "engine/cuda/gemm_operands.h"

#include "engine/cuda/kernels.h"

namespace flm {
namespace {

constexpr std::uint64_t kRowsKey = 1, kWeightKey = 2;

}  // namespace

GemmOperands::GemmOperands(const GemmShape& shape, std::int64_t rows, const Stream& stream)
    : shape_(shape),
      stream_(stream),
      pool_(stream, DevicePool::Takers::kSameStream),
      a_(pool_, stream, rows * shape.k * element_bytes()),
      weight_(pool_, stream, shape.n * shape.k * element_bytes()) {
  cuda::pseudo_random(stream_, kRowsKey, rows * shape.k, shape.bf16, a_.as<void>());
  cuda::pseudo_random(stream_, kWeightKey, shape.n * shape.k, shape.bf16, weight_.as<void>());
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

}  // namespace flm
