// The function between an MLP's products, and caps: the CPU backend's bits. The comment over a
// kernel states the bytes of device memory and the FLOPs of a row of `width` elements.
#include <device.h>

#include "engine/cuda/kernels/device_math.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/kernels/vectors.h"

namespace flm::cuda {
namespace {

__device__ inline float relu(float x) { return 0.0f > x ? 0.0f : x; }

__device__ inline float gelu(float x) {
  const float size = x > 0.0f - x ? x : 0.0f - x;
  const float t = 1.0f / fmaf(size, kTailStep, 1.0f);
  float tail = kTail10;
  tail = fmaf(tail, t, kTail9);
  tail = fmaf(tail, t, kTail8);
  tail = fmaf(tail, t, kTail7);
  tail = fmaf(tail, t, kTail6);
  tail = fmaf(tail, t, kTail5);
  tail = fmaf(tail, t, kTail4);
  tail = fmaf(tail, t, kTail3);
  tail = fmaf(tail, t, kTail2);
  tail = fmaf(tail, t, kTail1);
  tail = tail * t * exp_fp32(x * x * -0.5f);
  return fmaf(0.0f - size, tail, relu(x));
}

template <Activation kActivation>
__device__ inline float activated(float x) {
  if constexpr (kActivation == Activation::kSilu) {
    return x / (1.0f + exp_fp32(0.0f - x));
  } else if constexpr (kActivation == Activation::kGeluTanh) {
    const float slope = fmaf(x * x, kGeluCubic, kGeluLinear);
    return x / (1.0f + exp_fp32(0.0f - x * slope));
  } else if constexpr (kActivation == Activation::kSquaredRelu) {
    return relu(x) * relu(x);
  } else if constexpr (kActivation == Activation::kGelu) {
    return gelu(x);
  } else {
    static_assert(kActivation == Activation::kRelu);
    return relu(x);
  }
}

/// Reads 4 width bytes and as many of a factor, writes 2 width bytes a row (bf16); about 30 width
/// FLOPs, 45 of GELU.
template <int N, Activation kActivation, class T>
__global__ void __launch_bounds__(kRowThreads)
    activate_kernel(const float* x, bool alone, std::int64_t width, T* __restrict__ out) {
  wait_for_previous();
  const float* from = x + blockIdx.x * (alone ? width : 2 * width);
  T* to = out + blockIdx.x * width;
  struct Pair {
    Values<N> gate, up;
  };
  take_part<N>(
      width,
      [&](std::int64_t i) {
        const Values<N> gate = load<N>(from + i);
        return Pair{gate, alone ? gate : load<N>(from + width + i)};
      },
      [&](std::int64_t i, const Pair& p) {
        store(to + i, each<N>([&](int j) {
                const float y = activated<kActivation>(p.gate.at[j]);
                return alone ? y : y * p.up.at[j];
              }));
      });
}

/// Reads and writes 4 bytes an element; about 30 FLOPs.
template <int N>
__global__ void __launch_bounds__(kRowThreads)
    cap_values_kernel(float* x, float cap, std::int64_t count) {
  wait_for_previous();
  take_two<N>(
      blockIdx.x, count, [&](std::int64_t i) { return load<N>(x + i); },
      [&](std::int64_t i, const Values<N>& values) {
        store(x + i, each<N>([&](int j) { return capped(values.at[j], cap); }));
      });
}

template <Activation kActivation>
void activate_by(CudaStream stream, bool alone, const float* x, std::int64_t rows,
                 std::int64_t width, Operand out) {
  with_operand(in_fours({width}, {x, out.memory}), out, [&](auto n, auto* to) {
    launch_dependent(activate_kernel<n, kActivation, std::remove_pointer_t<decltype(to)>>,
                     row_grid(rows, width, n), kRowThreads, 0, stream, x, alone, width, to);
  });
}

}  // namespace

void activate(CudaStream stream, Activation activation, bool alone, const float* x,
              std::int64_t rows, std::int64_t width, Operand out) {
  switch (activation) {
    case Activation::kSilu:
      return activate_by<Activation::kSilu>(stream, alone, x, rows, width, out);
    case Activation::kGeluTanh:
      return activate_by<Activation::kGeluTanh>(stream, alone, x, rows, width, out);
    case Activation::kSquaredRelu:
      return activate_by<Activation::kSquaredRelu>(stream, alone, x, rows, width, out);
    case Activation::kGelu:
      return activate_by<Activation::kGelu>(stream, alone, x, rows, width, out);
    case Activation::kRelu:
      return activate_by<Activation::kRelu>(stream, alone, x, rows, width, out);
  }
}

void cap_values(CudaStream stream, float* x, float cap, std::int64_t count) {
  with_vectors(in_fours({count}, {x}), [&](auto n) {
    launch_dependent(cap_values_kernel<n>, dim3(parts_of(count, n)), kRowThreads, 0, stream, x, cap,
                     count);
  });
}

}  // namespace flm::cuda
