// Row-wise kernels. Those of the model's arithmetic give the CPU backend's bits. The comment over a
// kernel states the bytes of device memory and the FLOPs of a row of `width` elements. Kernels of a
// decoding step are launched early and wait for the one ahead, which saves the way from one to the
// next: what that one wrote is no __restrict__ const, or the compiler could read it ahead of the
// wait.
#include <device.h>

#include "engine/cuda/kernels/device_math.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/kernels/vectors.h"

namespace flm::cuda {
namespace {

/// Reads 2 width bytes of a bf16 table, writes 4 width; width FLOPs.
template <int N, class T>
__global__ void __launch_bounds__(kRowThreads)
    embed_kernel(const T* __restrict__ table, std::int64_t width,
                 const std::int32_t* __restrict__ ids, float scale, float* __restrict__ out) {
  const std::int64_t row = blockIdx.x;
  const T* from = table + ids[row] * width;
  float* to = out + row * width;
  take_part<N>(
      width, [&](std::int64_t i) { return load<N>(from + i); },
      [&](std::int64_t i, const Values<N>& x) {
        store(to + i, each<N>([&](int j) { return x.at[j] * scale; }));
      });
}

/// Reads 4 width, writes 2 width bytes a row.
template <int N>
__global__ void __launch_bounds__(kRowThreads)
    narrow_rows_kernel(const float* __restrict__ x, std::int64_t stride, std::int64_t width,
                       bf16* __restrict__ out) {
  const float* from = x + blockIdx.x * stride;
  bf16* to = out + blockIdx.x * width;
  take_part<N>(
      width, [&](std::int64_t i) { return load<N>(from + i); },
      [&](std::int64_t i, const Values<N>& values) { store(to + i, values); });
}

/// Reads 4 width, writes 2 width bytes a row (bf16); 4 width FLOPs, 2 of them in chains of width /
/// 16. Shared: the row, then the factor.
template <int N, class T>
__global__ void __launch_bounds__(kRowThreads)
    rms_norm_kernel(const float* x, const float* __restrict__ weight, std::int64_t width, float eps,
                    T* __restrict__ out) {
  wait_for_previous();
  float* row = shared_memory<float>();
  const float* from = x + blockIdx.x * width;
  T* to = out + blockIdx.x * width;
  take_row<N>(
      width, [&](std::int64_t i) { return load<N>(from + i); },
      [&](std::int64_t i, const Values<N>& values) { store_shared(row + i, values); });
  __syncthreads();
  if (threadIdx.x < 32) {  // the first warp; its upper half only takes part in the shuffles
    float squares = 0;
    if (threadIdx.x < kLanes)
      for (std::int64_t i = threadIdx.x; i < width; i += kLanes)
        squares = fmaf(row[i], row[i], squares);
    const float mean = fold_sum(squares) / static_cast<float>(width);
    if (threadIdx.x == 0) row[width] = 1.0f / sqrtf(mean + eps);
  }
  __syncthreads();
  const float inverse = row[width];
  take_row<N>(
      width, [&](std::int64_t i) { return load<N>(weight + i); },
      [&](std::int64_t i, const Values<N>& factor) {
        store(to + i, each<N>([&](int j) { return row[i + j] * inverse * factor.at[j]; }));
      });
}

/// Reads 8, writes 4 bytes an element; 2 FLOPs.
template <int N>
__global__ void __launch_bounds__(kRowThreads)
    add_scaled_kernel(float* x, const float* delta, float scale, std::int64_t count) {
  wait_for_previous();
  struct Pair {
    Values<N> delta, x;
  };
  take_two<N>(
      blockIdx.x, count,
      [&](std::int64_t i) {
        return Pair{load<N>(delta + i), load<N>(x + i)};
      },
      [&](std::int64_t i, const Pair& p) {
        store(x + i, each<N>([&](int j) { return fmaf(scale, p.delta.at[j], p.x.at[j]); }));
      });
}

/// Reads 4 width, writes 4 width bytes a row; width FLOPs.
template <int N>
__global__ void __launch_bounds__(kRowThreads)
    add_bias_kernel(float* c, std::int64_t stride, const float* __restrict__ bias,
                    std::int64_t width) {
  wait_for_previous();
  float* row = c + blockIdx.x * stride;
  struct Pair {
    Values<N> c, bias;
  };
  take_part<N>(
      width,
      [&](std::int64_t i) {
        return Pair{load<N>(row + i), load<N>(bias + i)};
      },
      [&](std::int64_t i, const Pair& p) {
        store(row + i, each<N>([&](int j) { return p.c.at[j] + p.bias.at[j]; }));
      });
}

/// Reads and writes 4 width bytes a row; width FLOPs.
template <int N>
__global__ void __launch_bounds__(kRowThreads)
    scale_rows_kernel(float* x, std::int64_t stride, std::int64_t width,
                      const std::int32_t* __restrict__ positions,
                      const float* __restrict__ factors) {
  wait_for_previous();
  float* row = x + blockIdx.x * stride;
  const float factor = factors[positions[blockIdx.x]];
  take_part<N>(
      width, [&](std::int64_t i) { return load<N>(row + i); },
      [&](std::int64_t i, const Values<N>& values) {
        store(row + i, each<N>([&](int j) { return values.at[j] * factor; }));
      });
}

/// Units of 16 bytes or of 2. Reads and writes a row's bytes once.
template <class Unit>
__global__ void __launch_bounds__(kRowThreads)
    copy_rows_kernel(const Unit* __restrict__ from, std::int64_t from_stride, std::int64_t width,
                     Unit* __restrict__ to, std::int64_t to_stride) {
  const Unit* row = from + blockIdx.x * from_stride;
  Unit* out = to + blockIdx.x * to_stride;
  take_part<1>(
      width, [&](std::int64_t i) { return row[i]; },
      [&](std::int64_t i, const Unit& unit) { out[i] = unit; });
}

/// Reads and writes 4 width bytes a row.
template <int N>
__global__ void __launch_bounds__(kRowThreads)
    gather_rows_kernel(const float* __restrict__ x, std::int64_t width,
                       const std::int32_t* __restrict__ rows, float* __restrict__ out) {
  const float* from = x + rows[blockIdx.x] * width;
  float* to = out + blockIdx.x * width;
  take_part<N>(
      width, [&](std::int64_t i) { return load<N>(from + i); },
      [&](std::int64_t i, const Values<N>& values) { store(to + i, values); });
}

}  // namespace

void embed(CudaStream stream, Operand table, std::int64_t width, const std::int32_t* ids,
           std::int64_t rows, float scale, float* out) {
  with_operand(in_fours({width}, {table.memory, out}), table, [&](auto n, const auto* from) {
    launch(embed_kernel<n, std::remove_cvref_t<decltype(*from)>>, row_grid(rows, width, n),
           kRowThreads, 0, stream, from, width, ids, scale, out);
  });
}

void narrow_rows(CudaStream stream, const float* x, std::int64_t stride, std::int64_t rows,
                 std::int64_t width, void* out) {
  with_vectors(in_fours({width, stride}, {x, out}), [&](auto n) {
    launch(narrow_rows_kernel<n>, row_grid(rows, width, n), kRowThreads, 0, stream, x, stride,
           width, static_cast<bf16*>(out));
  });
}

void rms_norm(CudaStream stream, const float* x, std::int64_t rows, const float* weight,
              std::int64_t width, float eps, Operand out) {
  const std::int64_t shared = (width + 1) * static_cast<std::int64_t>(sizeof(float));
  with_operand(in_fours({width}, {x, weight, out.memory}), out, [&](auto n, auto* to) {
    launch_dependent(rms_norm_kernel<n, std::remove_pointer_t<decltype(to)>>, row_grid(rows, 1, n),
                     kRowThreads, shared, stream, x, weight, width, eps, to);
  });
}

void add_scaled(CudaStream stream, float* x, const float* delta, float scale, std::int64_t count) {
  with_vectors(in_fours({count}, {x, delta}), [&](auto n) {
    launch_dependent(add_scaled_kernel<n>, dim3(parts_of(count, n)), kRowThreads, 0, stream, x,
                     delta, scale, count);
  });
}

void add_bias(CudaStream stream, float* c, std::int64_t stride, std::int64_t rows,
              const float* bias, std::int64_t width) {
  with_vectors(in_fours({width, stride}, {c, bias}), [&](auto n) {
    launch_dependent(add_bias_kernel<n>, row_grid(rows, width, n), kRowThreads, 0, stream, c,
                     stride, bias, width);
  });
}

void scale_rows(CudaStream stream, float* x, std::int64_t stride, std::int64_t rows,
                std::int64_t width, const std::int32_t* positions, const float* factors) {
  with_vectors(in_fours({width, stride}, {x}), [&](auto n) {
    launch_dependent(scale_rows_kernel<n>, row_grid(rows, width, n), kRowThreads, 0, stream, x,
                     stride, width, positions, factors);
  });
}

void copy_rows(CudaStream stream, const void* from, std::int64_t from_stride, std::int64_t rows,
               std::int64_t row_bytes, void* to, std::int64_t to_stride) {
  if (to_stride == 0) to_stride = row_bytes;
  const auto by = [&](auto unit) {
    using Unit = decltype(unit);
    constexpr std::int64_t kBytes = sizeof(Unit);
    launch(copy_rows_kernel<Unit>, row_grid(rows, row_bytes / kBytes, 1), kRowThreads, 0, stream,
           static_cast<const Unit*>(from), from_stride / kBytes, row_bytes / kBytes,
           static_cast<Unit*>(to), to_stride / kBytes);
  };
  // Whether words of four bytes, and of those four, are what all is made of.
  const bool words = from_stride % 4 == 0 && row_bytes % 4 == 0 && to_stride % 4 == 0;
  if (words && in_fours({from_stride / 4, row_bytes / 4, to_stride / 4}, {from, to}))
    by(uint4{});
  else
    by(bf16{});
}

void gather_rows(CudaStream stream, const float* x, std::int64_t width, const std::int32_t* rows,
                 std::int64_t count, float* out) {
  with_vectors(in_fours({width}, {x, out}), [&](auto n) {
    launch(gather_rows_kernel<n>, row_grid(count, width, n), kRowThreads, 0, stream, x, width, rows,
           out);
  });
}

}  // namespace flm::cuda
