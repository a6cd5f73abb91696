// The dialect of kernels for a host compiler: engine/cuda/device/device.h says what each name
// means.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "engine/cuda/runtime/launch.h"
#include "tests/engine/cuda/emulation/block.h"
#include "tests/engine/cuda/emulation/stream_queue.h"

#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)
#define threadIdx (::flm::emulation::current_thread().index)
#define blockIdx (::flm::emulation::current_thread().block->index)
#define blockDim (::flm::emulation::current_thread().block->threads)
#define gridDim (::flm::emulation::current_thread().block->grid)

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) uint4 {
  std::uint32_t x, y, z, w;
};

inline void __syncthreads() { flm::emulation::block_barrier(); }

inline float __shfl_down_sync(std::uint32_t mask, float value, int distance) {
  return flm::emulation::shuffle(mask, value, [=](int lane) { return lane + distance; });
}
inline float __shfl_xor_sync(std::uint32_t mask, float value, int bits) {
  return flm::emulation::shuffle(mask, value, [=](int lane) { return lane ^ bits; });
}
inline void __syncwarp() { (void)flm::emulation::vote(0xFFFFFFFFu, 0); }
inline int __any_sync(std::uint32_t mask, int predicate) {
  return flm::emulation::vote(mask, predicate) != 0;
}
inline int __all_sync(std::uint32_t mask, int predicate) {
  return flm::emulation::vote(mask, predicate) == 0xFFFFFFFFu;
}

namespace flm {

template <class T>
T* shared_memory() {
  return reinterpret_cast<T*>(emulation::current_thread().block->shared.data());
}

inline std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }
inline float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }

inline float larger(float a, float b) {
  if (a != a) return b;
  if (a == b) return float_of(bits_of(a) & bits_of(b));  // +0 of both zeros
  return a < b ? b : a;
}

/// Rounded once from double, where the device's last two bits are its own.
inline float exp2_fast(float x) {
  const auto power = static_cast<float>(std::exp2(static_cast<double>(x)));
  return power < 0x1p-126f ? 0.0f : power;  // a NaN is no less
}

/// Fibers switch at barriers only, so that this is one step.
inline void atomic_or(std::uint32_t* word, std::uint32_t bits) { *word |= bits; }
inline void atomic_min(std::uint64_t* word, std::uint64_t value) {
  if (value < *word) *word = value;
}

struct bf16 {
  std::uint16_t bits;
};
inline bf16 to_bf16(float x) {
  const std::uint32_t bits = bits_of(x);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return {0x7FFF};
  return {static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16)};
}
inline float to_float(bf16 x) { return float_of(static_cast<std::uint32_t>(x.bits) << 16); }
inline std::uint32_t pack_bf16(float low, float high) {
  return to_bf16(low).bits | static_cast<std::uint32_t>(to_bf16(high).bits) << 16;
}

/// As on a device, an address that is no multiple of what is moved is an error.
inline void check_aligned(const void* address, std::size_t bytes) {
  if (reinterpret_cast<std::uintptr_t>(address) % bytes != 0)
    throw std::logic_error("a vector of " + std::to_string(bytes) + " bytes at an odd address");
}
inline float4 load4(const float* from) {
  check_aligned(from, 16);
  return {from[0], from[1], from[2], from[3]};
}
inline float4 load4(const bf16* from) {
  check_aligned(from, 8);
  return {to_float(from[0]), to_float(from[1]), to_float(from[2]), to_float(from[3])};
}
inline void store4(float* to, const float4& x) {
  check_aligned(to, 16);
  std::memcpy(to, &x, sizeof x);
}
inline void store4(bf16* to, const float4& x) {
  check_aligned(to, 8);
  const bf16 narrow[4] = {to_bf16(x.x), to_bf16(x.y), to_bf16(x.z), to_bf16(x.w)};
  std::memcpy(to, narrow, sizeof narrow);
}
template <class T>
void store4_shared(T* to, const float4& x) {
  emulation::begin_store(to, 4 * sizeof(T));
  store4(to, x);
  emulation::note_store(to, 4 * sizeof(T));
}
inline void store_shared(uint4* to, const uint4& x) {
  emulation::begin_store(to, sizeof x);
  *to = x;
  emulation::note_store(to, sizeof x);
}
inline void store2(bf16* to, float low, float high) {
  check_aligned(to, 4);
  to[0] = to_bf16(low);
  to[1] = to_bf16(high);
}

inline void copy_async_16(void* shared, const void* global, bool valid) {
  emulation::defer_copy(shared, valid ? global : nullptr);
}
inline void copy_async_commit() { emulation::commit_copies(); }
template <int Pending>
void copy_async_wait() {
  emulation::wait_copies(Pending);
}

inline void ldmatrix_x4(std::uint32_t (&out)[4], const void* row) {
  emulation::load_matrices(out, row, false);
}
inline void ldmatrix_x4_transposed(std::uint32_t (&out)[4], const void* row) {
  emulation::load_matrices(out, row, true);
}
inline void mma_m16n8k16(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                         std::uint32_t b1) {
  emulation::multiply_matrices(sum, a, b0, b1);
}

inline void wait_for_previous() { emulation::wait_for_kernel_ahead(); }
inline void let_next_begin() {}

/// Arguments are copied when the launch is enqueued, as on a device.
template <class... Parameters, class... Arguments>
void launch_emulated(bool early, void (*kernel)(Parameters...), dim3 grid, int threads,
                     std::int64_t shared_bytes, CudaStream stream, Arguments... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...));
  std::vector<const void*> addresses;
  (emulation::add_addresses(static_cast<Parameters>(arguments), addresses), ...);
  const auto* function = reinterpret_cast<const void*>(kernel);
  begin_launch({function, {grid.x, grid.y, grid.z}, threads, shared_bytes});
  emulation::enqueue_kernel(
      stream, {function, grid, threads, shared_bytes},
      [=] {
        emulation::run_grid(
            grid, threads, shared_bytes, [&] { kernel(static_cast<Parameters>(arguments)...); },
            early);
      },
      addresses);
  end_launch(stream);
}
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, int threads, std::int64_t shared_bytes,
            CudaStream stream, Arguments... arguments) {
  launch_emulated(false, kernel, grid, threads, shared_bytes, stream, arguments...);
}
/// Never before the kernel ahead has ended, but as strict as if it were.
template <class... Parameters, class... Arguments>
void launch_dependent(void (*kernel)(Parameters...), dim3 grid, int threads,
                      std::int64_t shared_bytes, CudaStream stream, Arguments... arguments) {
  launch_emulated(true, kernel, grid, threads, shared_bytes, stream, arguments...);
}

}  // namespace flm
