// Row-wise kernels. Those of the model's arithmetic give the CPU backend's bits.
#include <device.h>

#include "engine/cuda/device_math.h"
#include "engine/cuda/kernels.h"

namespace flm::cuda {
namespace {

constexpr int kThreads = 256;

dim3 blocks_of(std::int64_t count) {
  return dim3(static_cast<unsigned>((count + kThreads - 1) / kThreads));
}
dim3 rows_of(std::int64_t rows) { return dim3(static_cast<unsigned>(rows)); }

__device__ inline std::int64_t global_index() {
  return static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
}

__device__ inline float widened(float x) { return x; }
__device__ inline float widened(bf16 x) { return to_float(x); }
__device__ inline void put(float& to, float x) { to = x; }
__device__ inline void put(bf16& to, float x) { to = to_bf16(x); }

template <class T>
__global__ void embed_kernel(const T* table, std::int64_t width, const std::int32_t* ids,
                             float scale, float* out) {
  const std::int64_t row = blockIdx.x;
  const T* from = table + ids[row] * width;
  for (std::int64_t i = threadIdx.x; i < width; i += kThreads)
    out[row * width + i] = widened(from[i]) * scale;
}

__global__ void narrow_rows_kernel(const float* x, std::int64_t stride, std::int64_t width,
                                   bf16* out) {
  const std::int64_t row = blockIdx.x;
  for (std::int64_t i = threadIdx.x; i < width; i += kThreads)
    out[row * width + i] = to_bf16(x[row * stride + i]);
}

/// Shared: the row, then the factor.
template <class T>
__global__ void rms_norm_kernel(const float* x, const float* weight, std::int64_t width, float eps,
                                T* out) {
  float* row = shared_memory<float>();
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * width;
  for (std::int64_t i = threadIdx.x; i < width; i += kThreads) row[i] = x[at + i];
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
  for (std::int64_t i = threadIdx.x; i < width; i += kThreads)
    put(out[at + i], row[i] * inverse * weight[i]);
}

__global__ void rope_kernel(float* x, std::int64_t stride, int heads, const std::int32_t* positions,
                            const float* cosines, const float* sines, std::int64_t half) {
  const std::int64_t row = blockIdx.x, at = positions[row] * half;
  for (std::int64_t i = threadIdx.x; i < heads * half; i += kThreads) {
    const std::int64_t pair = i % half;
    float* first = x + row * stride + i / half * 2 * half + pair;
    const float a = first[0], b = first[half], c = cosines[at + pair], s = sines[at + pair];
    first[0] = fmaf(0.0f - b, s, a * c);
    first[half] = fmaf(a, s, b * c);
  }
}

template <class T>
__global__ void silu_mul_kernel(const float* x, std::int64_t width, T* out) {
  const float* gate = x + static_cast<std::int64_t>(blockIdx.x) * 2 * width;
  T* to = out + static_cast<std::int64_t>(blockIdx.x) * width;
  for (std::int64_t i = threadIdx.x; i < width; i += kThreads)
    put(to[i], gate[i] / (1.0f + exp_fp32(0.0f - gate[i])) * gate[width + i]);
}

__global__ void add_scaled_kernel(float* x, const float* delta, float scale, std::int64_t count) {
  const std::int64_t i = global_index();
  if (i < count) x[i] = fmaf(scale, delta[i], x[i]);
}

__global__ void add_bias_kernel(float* c, std::int64_t stride, const float* bias,
                                std::int64_t width) {
  float* row = c + blockIdx.x * stride;
  for (std::int64_t i = threadIdx.x; i < width; i += kThreads) row[i] = row[i] + bias[i];
}

__global__ void copy_rows_kernel(const bf16* from, std::int64_t from_stride, std::int64_t width,
                                 bf16* to, std::int64_t to_stride) {
  const std::int64_t row = blockIdx.x;
  for (std::int64_t i = threadIdx.x; i < width; i += kThreads)
    to[row * to_stride + i] = from[row * from_stride + i];
}

__global__ void gather_rows_kernel(const float* x, std::int64_t width, const std::int32_t* rows,
                                   float* out) {
  const std::int64_t from = rows[blockIdx.x], to = blockIdx.x;
  for (std::int64_t i = threadIdx.x; i < width; i += kThreads)
    out[to * width + i] = x[from * width + i];
}

template <class T>
__global__ void store_kv_kernel(const float* keys, const float* values, std::int64_t stride,
                                std::int64_t width, const std::int32_t* slots, T* key_slots,
                                T* value_slots) {
  const std::int64_t row = blockIdx.x, slot = slots[row];
  for (std::int64_t i = threadIdx.x; i < width; i += kThreads) {
    put(key_slots[slot * width + i], keys[row * stride + i]);
    put(value_slots[slot * width + i], values[row * stride + i]);
  }
}

}  // namespace

void embed(CudaStream stream, Operand table, std::int64_t width, const std::int32_t* ids,
           std::int64_t rows, float scale, float* out) {
  if (table.bf16)
    launch(embed_kernel<bf16>, rows_of(rows), kThreads, 0, stream,
           static_cast<const bf16*>(table.memory), width, ids, scale, out);
  else
    launch(embed_kernel<float>, rows_of(rows), kThreads, 0, stream,
           static_cast<const float*>(table.memory), width, ids, scale, out);
}

void narrow_rows(CudaStream stream, const float* x, std::int64_t stride, std::int64_t rows,
                 std::int64_t width, void* out) {
  launch(narrow_rows_kernel, rows_of(rows), kThreads, 0, stream, x, stride, width,
         static_cast<bf16*>(out));
}

void rms_norm(CudaStream stream, const float* x, std::int64_t rows, const float* weight,
              std::int64_t width, float eps, Operand out) {
  const std::int64_t shared = (width + 1) * static_cast<std::int64_t>(sizeof(float));
  if (out.bf16)
    launch(rms_norm_kernel<bf16>, rows_of(rows), kThreads, shared, stream, x, weight, width, eps,
           static_cast<bf16*>(out.memory));
  else
    launch(rms_norm_kernel<float>, rows_of(rows), kThreads, shared, stream, x, weight, width, eps,
           static_cast<float*>(out.memory));
}

void rope(CudaStream stream, float* x, std::int64_t stride, std::int64_t rows, int heads,
          const std::int32_t* positions, const float* cosines, const float* sines,
          std::int64_t half) {
  launch(rope_kernel, rows_of(rows), kThreads, 0, stream, x, stride, heads, positions, cosines,
         sines, half);
}

void silu_mul(CudaStream stream, const float* x, std::int64_t rows, std::int64_t width,
              Operand out) {
  if (out.bf16)
    launch(silu_mul_kernel<bf16>, rows_of(rows), kThreads, 0, stream, x, width,
           static_cast<bf16*>(out.memory));
  else
    launch(silu_mul_kernel<float>, rows_of(rows), kThreads, 0, stream, x, width,
           static_cast<float*>(out.memory));
}

void add_scaled(CudaStream stream, float* x, const float* delta, float scale, std::int64_t count) {
  launch(add_scaled_kernel, blocks_of(count), kThreads, 0, stream, x, delta, scale, count);
}

void add_bias(CudaStream stream, float* c, std::int64_t stride, std::int64_t rows,
              const float* bias, std::int64_t width) {
  launch(add_bias_kernel, rows_of(rows), kThreads, 0, stream, c, stride, bias, width);
}

void copy_rows(CudaStream stream, const void* from, std::int64_t from_stride, std::int64_t rows,
               std::int64_t row_bytes, void* to, std::int64_t to_stride) {
  launch(copy_rows_kernel, rows_of(rows), kThreads, 0, stream, static_cast<const bf16*>(from),
         from_stride / 2, row_bytes / 2, static_cast<bf16*>(to),
         (to_stride ? to_stride : row_bytes) / 2);
}

void gather_rows(CudaStream stream, const float* x, std::int64_t width, const std::int32_t* rows,
                 std::int64_t count, float* out) {
  launch(gather_rows_kernel, rows_of(count), kThreads, 0, stream, x, width, rows, out);
}

void store_kv(CudaStream stream, const float* keys, const float* values, std::int64_t stride,
              std::int64_t rows, std::int64_t width, const std::int32_t* slots, bool bf16_slots,
              void* key_slots, void* value_slots) {
  if (bf16_slots)
    launch(store_kv_kernel<bf16>, rows_of(rows), kThreads, 0, stream, keys, values, stride, width,
           slots, static_cast<bf16*>(key_slots), static_cast<bf16*>(value_slots));
  else
    launch(store_kv_kernel<float>, rows_of(rows), kThreads, 0, stream, keys, values, stride, width,
           slots, static_cast<float*>(key_slots), static_cast<float*>(value_slots));
}

}  // namespace flm::cuda
