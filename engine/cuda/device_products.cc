#include "engine/cuda/device_products.h"

#include <string>
#include <variant>

#include "base/errors.h"
#include "engine/cuda/runtime/launch.h"

namespace flm {

cuda::NormWeights norm_weights(const NormRule& norm, std::int64_t all) {
  return {norm.weight.data(), norm.bias.empty() ? nullptr : norm.bias.data(), norm.eps,
          norm.kind == NormKind::kLayer, static_cast<std::int64_t>(norm.weight.size()) == all};
}

/// Makes the operand of `call`: rows in its element type, dense but for fp32 rows as they are.
struct DeviceProducts::OperandWriter {
  CudaStream stream;
  DevicePool& pool;
  GemmCall& call;
  std::optional<Scratch>& taken;  // until the product was asked for

  void operator()(const Rows& a) const {
    if (!call.bf16) {
      call.a = a.rows;
      call.a_stride = a.stride;
      return;
    }
    taken.emplace(pool, stream, call.m * call.k * 2);
    call.a = taken->as<void>();
    cuda::narrow_rows(stream, a.rows, a.stride, call.m, call.k, taken->as<void>());
  }
  void operator()(const Normed& a) const {
    call.a = a.scratch;
    if (a.kind == NormKind::kLayer)
      return cuda::norm_parts(stream, a.x, call.k, call.m, 1, call.k,
                              norm_weights({a.weight, a.eps, a.kind, a.bias}, call.k),
                              {a.scratch, call.bf16}, call.k);
    cuda::rms_norm(stream, a.x, call.m, a.weight.data(), call.k, a.eps, {a.scratch, call.bf16});
  }
  void operator()(const Gated& a) const {
    call.a = a.scratch;
    cuda::activate(stream, a.activation, a.alone, a.gate_up, call.m, call.k,
                   {a.scratch, call.bf16});
  }
  void operator()(const Attended& a) const { call.a = a.operand; }
};

void DeviceProducts::matmul(const ProductInput& a, std::int64_t rows, const DeviceMatrix& weight,
                            std::span<const float> bias, const ProductOutput& c,
                            DevicePool& pool) const {
  const auto* added = std::get_if<Added>(&c);
  const Assigned sum = added ? Assigned{added->c, weight.rows()} : std::get<Assigned>(c);
  GemmCall call{nullptr, weight.columns(), weight.data(),    sum.c, sum.stride,
                rows,    weight.rows(),    weight.columns(), bf16_};
  std::optional<Scratch> taken;
  std::visit(OperandWriter{stream_, pool, call, taken}, a);
  const bool apart = !bias.empty();  // what follows the bias
  if (!apart && added) {
    call.c = added->x;
    call.alpha = added->scale;
    call.accumulate = true;
  } else if (!apart) {
    call.alpha = sum.factor;
  }
  run(call);
  if (sum.cap > 0) {
    FLM_CHECK(!apart && sum.stride == call.n, "a cap of a product with a bias, or of a part");
    cuda::cap_values(stream_, sum.c, sum.cap, rows * call.n);
  }
  if (!apart) return;
  FLM_CHECK(sum.factor == 1, "a factor of a product with a bias");
  cuda::add_bias(stream_, sum.c, sum.stride, rows, bias.data(), call.n);
  if (added) cuda::add_scaled(stream_, added->x, added->c, added->scale, rows * call.n);
}

/// Told by an error like a kernel of ours.
void DeviceProducts::run(const GemmCall& call) const {
  begin_launch({.other = "a product of cuBLASLt, " + std::to_string(call.m) + " rows, " +
                         std::to_string(call.n) + " x " + std::to_string(call.k)});
  gemm_->run(call);
  end_launch(stream_);
}

}  // namespace flm
