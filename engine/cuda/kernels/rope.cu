// Rotation, and keys and values into their slots: the CPU backend's bits, or those rounded to bf16.
// The comment over a kernel states the bytes of device memory and the FLOPs of a row, `width` being
// that of its heads (of the keys', where they are stored).
#include <device.h>

#include "base/errors.h"
#include "engine/cuda/kernels/device_math.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/kernels/vectors.h"

namespace flm::cuda {
namespace {

/// Reads 8 width, writes 4 width bytes a row (bf16).
template <int N, class T>
__global__ void __launch_bounds__(kRowThreads)
    store_kv_kernel(const float* __restrict__ keys, const float* __restrict__ values,
                    std::int64_t stride, std::int64_t width, const std::int32_t* __restrict__ slots,
                    T* __restrict__ key_slots, T* __restrict__ value_slots) {
  const std::int64_t from = blockIdx.x * stride, to = slots[blockIdx.x] * width;
  struct Pair {
    Values<N> key, value;
  };
  take_part<N>(
      width,
      [&](std::int64_t i) {
        return Pair{load<N>(keys + from + i), load<N>(values + from + i)};
      },
      [&](std::int64_t i, const Pair& p) {
        store(key_slots + to + i, p.key);
        store(value_slots + to + i, p.value);
      });
}

/// What a thread turns of a row's heads: N elements from `low` on and N half a head behind them;
/// `pair` is the first one's place in its head. Blocks of the grid's y share the heads.
struct HeadPlace {
  bool inside;
  std::int64_t low, pair;
};
template <int N>
__device__ inline HeadPlace place_in_heads(int heads, std::int64_t half, std::int64_t width) {
  const unsigned threads_a_head = static_cast<unsigned>(half) / N;
  const unsigned heads_a_block = kRowThreads / threads_a_head;
  const unsigned in_block = threadIdx.x / threads_a_head;
  const unsigned head = blockIdx.y * heads_a_block + in_block;
  const std::int64_t pair = threadIdx.x % threads_a_head * N;
  return {in_block < heads_a_block && head < static_cast<unsigned>(heads), head * width + pair,
          pair};
}
template <int N>
__device__ inline void turn_all(Values<N>& a, Values<N>& b, const Values<N>& cosines,
                                const Values<N>& sines) {
#pragma unroll
  for (int j = 0; j < N; ++j) turn(a.at[j], b.at[j], cosines.at[j], sines.at[j]);
}

/// Reads and writes 4 width bytes a row, width being that of all heads; 3.5 width FLOPs.
template <int N>
__global__ void __launch_bounds__(kRowThreads)
    rope_kernel(float* x, std::int64_t stride, int heads, Rotation rotation) {
  const HeadPlace place = place_in_heads<N>(heads, rotation.half, rotation.head);
  if (!place.inside) return;
  float* low = x + blockIdx.x * stride + place.low;
  const std::int64_t at = rotation.positions[blockIdx.x] * rotation.half + place.pair;
  Values<N> a = load<N>(low), b = load<N>(low + rotation.half);
  turn_all(a, b, load<N>(rotation.cosines + at), load<N>(rotation.sines + at));
  store(low, a);
  store(low + rotation.half, b);
}

/// Reads 8 width, writes 4 width bytes a row (bf16), width being that of the keys; 3.5 width FLOPs.
/// Begins early: keys and values are no __restrict__ const (rows.cu).
template <int N, class T>
__global__ void __launch_bounds__(kRowThreads)
    rope_store_kv_kernel(const float* keys, const float* values, std::int64_t stride, int heads,
                         Rotation rotation, const std::int32_t* __restrict__ slots,
                         T* __restrict__ key_slots, T* __restrict__ value_slots) {
  wait_for_previous();
  const std::int64_t half = rotation.half;
  const HeadPlace place = place_in_heads<N>(heads, half, 2 * half);
  if (!place.inside) return;
  const std::int64_t from = blockIdx.x * stride + place.low;
  const std::int64_t to = slots[blockIdx.x] * (2 * half * heads) + place.low;
  const std::int64_t at = rotation.positions[blockIdx.x] * half + place.pair;
  Values<N> a = load<N>(keys + from), b = load<N>(keys + from + half);
  const Values<N> c = load<N>(values + from), d = load<N>(values + from + half);
  turn_all(a, b, load<N>(rotation.cosines + at), load<N>(rotation.sines + at));
  store(key_slots + to, a);
  store(key_slots + to + half, b);
  store(value_slots + to, c);
  store(value_slots + to + half, d);
}

dim3 head_grid(std::int64_t rows, std::int64_t heads, std::int64_t half, int n) {
  FLM_CHECK(half <= kRowThreads, "heads of at most 512 elements");
  const std::int64_t a_block = kRowThreads / (half / n);
  return dim3(static_cast<unsigned>(rows), static_cast<unsigned>((heads + a_block - 1) / a_block));
}

}  // namespace

void rope(CudaStream stream, float* x, std::int64_t stride, std::int64_t rows, int heads,
          const Rotation& rotation) {
  const bool fours =
      in_fours({stride, rotation.half, rotation.head}, {x, rotation.cosines, rotation.sines});
  with_vectors(fours, [&](auto n) {
    launch(rope_kernel<n>, head_grid(rows, heads, rotation.half, n), kRowThreads, 0, stream, x,
           stride, heads, rotation);
  });
}

void store_kv(CudaStream stream, const float* keys, const float* values, std::int64_t stride,
              std::int64_t rows, std::int64_t width, const KvSlots& to) {
  const bool fours = in_fours({stride, width}, {keys, values, to.keys, to.values});
  with_operand(fours, {to.keys, to.bf16}, [&](auto n, auto* key_slots) {
    launch(store_kv_kernel<n, std::remove_pointer_t<decltype(key_slots)>>, row_grid(rows, width, n),
           kRowThreads, 0, stream, keys, values, stride, width, to.slots, key_slots,
           static_cast<decltype(key_slots)>(to.values));
  });
}

void rope_store_kv(CudaStream stream, const float* keys, const float* values, std::int64_t stride,
                   std::int64_t rows, int heads, const Rotation& rotation, const KvSlots& to) {
  const bool fours = in_fours({stride, rotation.half},
                              {keys, values, to.keys, to.values, rotation.cosines, rotation.sines});
  with_operand(fours, {to.keys, to.bf16}, [&](auto n, auto* key_slots) {
    launch_dependent(rope_store_kv_kernel<n, std::remove_pointer_t<decltype(key_slots)>>,
                     head_grid(rows, heads, rotation.half, n), kRowThreads, 0, stream, keys, values,
                     stride, heads, rotation, to.slots, key_slots,
                     static_cast<decltype(key_slots)>(to.values));
  });
}

}  // namespace flm::cuda
