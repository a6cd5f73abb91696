// Rows as vectors. Row-wise kernels wait for memory: a thread takes two vectors of four elements
// before it works on either, and single elements where a width, a stride or an address is no
// multiple of four. Included after <device.h>.
#pragma once

#include <device.h>

#include <initializer_list>
#include <type_traits>

#include "engine/cuda/kernels/kernels.h"

namespace flm::cuda {

constexpr int kRowThreads = 256;

/// N neighbours of a row.
template <int N>
struct Values {
  float at[N];
};

__device__ inline float widened(float x) { return x; }
__device__ inline float widened(bf16 x) { return to_float(x); }
__device__ inline void put(float& to, float x) { to = x; }
__device__ inline void put(bf16& to, float x) { to = to_bf16(x); }

template <int N, class T>
__device__ inline Values<N> load(const T* from) {
  if constexpr (N == 4) {
    const float4 x = load4(from);
    return {{x.x, x.y, x.z, x.w}};
  } else {
    return {{widened(*from)}};
  }
}
template <int N, class T>
__device__ inline void store(T* to, const Values<N>& x) {
  if constexpr (N == 4)
    store4(to, {x.at[0], x.at[1], x.at[2], x.at[3]});
  else
    put(*to, x.at[0]);
}
template <int N>
__device__ inline void store_shared(float* to, const Values<N>& x) {
  if constexpr (N == 4)
    store4_shared(to, {x.at[0], x.at[1], x.at[2], x.at[3]});
  else
    *to = x.at[0];
}
/// value(j) for each of N.
template <int N, class Value>
__device__ inline Values<N> each(Value value) {
  Values<N> out;
#pragma unroll
  for (int j = 0; j < N; ++j) out.at[j] = value(j);
  return out;
}

/// Elements that a block takes of a row: two vectors a thread.
template <int N>
constexpr std::int64_t kBlockElements = 2 * kRowThreads* N;

/// This thread's two vectors of part `part` of `width` elements: store(i, load(i)), both loads
/// ahead of both stores.
template <int N, class Load, class Store>
__device__ inline void take_two(std::int64_t part, std::int64_t width, Load load, Store store) {
  constexpr std::int64_t kStep = kRowThreads * N;
  const std::int64_t i = part * kBlockElements<N> + static_cast<std::int64_t>(threadIdx.x) * N;
  if (i >= width) return;
  const bool both = i + kStep < width;
  const auto first = load(i), second = load(both ? i + kStep : i);
  store(i, first);
  if (both) store(i + kStep, second);
}
/// Where blocks of the grid's y share a row.
template <int N, class Load, class Store>
__device__ inline void take_part(std::int64_t width, Load load, Store store) {
  take_two<N>(blockIdx.y, width, load, store);
}
/// Where one block has a whole row.
template <int N, class Load, class Store>
__device__ inline void take_row(std::int64_t width, Load load, Store store) {
  for (std::int64_t part = 0; part * kBlockElements<N> < width; ++part)
    take_two<N>(part, width, load, store);
}

/// Whether elements can be taken four at a time: extents (widths, strides) are multiples of four,
/// places of 16 bytes.
inline bool in_fours(std::initializer_list<std::int64_t> extents,
                     std::initializer_list<const void*> places) {
  for (const std::int64_t extent : extents)
    if (extent % 4 != 0) return false;
  for (const void* place : places)
    if (reinterpret_cast<std::uintptr_t>(place) % 16 != 0) return false;
  return true;
}
/// visit(how many elements at a time), as a constant.
template <class Visit>
void with_vectors(bool fours, Visit visit) {
  if (fours)
    visit(std::integral_constant<int, 4>{});
  else
    visit(std::integral_constant<int, 1>{});
}
/// visit(how many elements at a time, the operand's memory by its type).
template <class Visit>
void with_operand(bool fours, Operand operand, Visit visit) {
  with_vectors(fours, [&](auto n) {
    if (operand.bf16)
      visit(n, static_cast<bf16*>(operand.memory));
    else
      visit(n, static_cast<float*>(operand.memory));
  });
}

/// Blocks for `count` elements, n at a time.
inline unsigned parts_of(std::int64_t count, int n) {
  const std::int64_t a_block = kBlockElements<1> * n;
  return static_cast<unsigned>(count > a_block ? (count + a_block - 1) / a_block : 1);
}
inline dim3 row_grid(std::int64_t rows, std::int64_t width, int n) {
  return dim3(static_cast<unsigned>(rows), parts_of(width, n));
}

}  // namespace flm::cuda
