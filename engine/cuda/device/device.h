// The dialect in which kernels are written, for nvcc. Kernels include this header alone; in tests
// the include path puts a host emulation of the same names in its place. Fused multiply-adds are
// written as fmaf; -fmad=false keeps the compiler from making others.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <nv/target>
#include <type_traits>

#include "engine/cuda/runtime/launch.h"

namespace flm {

/// The block's dynamic shared memory.
template <class T>
__device__ T* shared_memory() {
  extern __shared__ __align__(1024) unsigned char flm_shared_bytes[];
  return reinterpret_cast<T*>(flm_shared_bytes);
}

__device__ inline std::uint32_t bits_of(float x) { return __float_as_uint(x); }
__device__ inline float float_of(std::uint32_t bits) { return __uint_as_float(bits); }

/// The larger one; the other where one is NaN.
__device__ inline float larger(float a, float b) { return fmaxf(a, b); }

/// 2^x by the special function unit: relative error 2^-22 (PTX ISA), 1 at 0, NaN of NaN; what is
/// less than 2^-126, in or out, is 0. The twin rounds correctly: these bits are the device's own.
__device__ inline float exp2_fast(float x) {
  float power;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
  return power;
}

/// Ors `bits` into a word that other threads of the block write too.
__device__ inline void atomic_or(std::uint32_t* word, std::uint32_t bits) { atomicOr(word, bits); }
/// Lowers a word that other blocks lower too.
__device__ inline void atomic_min(std::uint64_t* word, std::uint64_t value) {
  atomicMin(reinterpret_cast<unsigned long long*>(word), value);
}

/// The upper half of an fp32; conversion rounds to nearest, ties to even.
struct bf16 {
  std::uint16_t bits;
};
/// `low` in bits 0-15.
__device__ inline std::uint32_t pack_bf16(float low, float high) {
  std::uint32_t both;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
}
__device__ inline bf16 to_bf16(float x) {
  return {static_cast<std::uint16_t>(pack_bf16(x, 0.0f) & 0xFFFFu)};
}
__device__ inline float to_float(bf16 x) {
  return float_of(static_cast<std::uint32_t>(x.bits) << 16);
}

/// Four neighbours in one access, of 16 bytes of fp32 or 8 of bf16; the address is a multiple of
/// that.
__device__ inline float4 load4(const float* from) { return *reinterpret_cast<const float4*>(from); }
__device__ inline float4 load4(const bf16* from) {
  const uint2 bits = *reinterpret_cast<const uint2*>(from);
  return {float_of(bits.x << 16), float_of(bits.x & 0xFFFF0000u), float_of(bits.y << 16),
          float_of(bits.y & 0xFFFF0000u)};
}
/// To global memory; in PTX, for the compiler makes several of a plain assignment at times.
__device__ inline void store4(float* to, const float4& x) {
  asm volatile("st.global.v4.f32 [%0], {%1, %2, %3, %4};" ::"l"(__cvta_generic_to_global(to)),
               "f"(x.x), "f"(x.y), "f"(x.z), "f"(x.w)
               : "memory");
}
__device__ inline void store4(bf16* to, const float4& x) {
  asm volatile("st.global.v2.b32 [%0], {%1, %2};" ::"l"(__cvta_generic_to_global(to)),
               "r"(pack_bf16(x.x, x.y)), "r"(pack_bf16(x.z, x.w))
               : "memory");
}
__device__ inline void store4_shared(float* to, const float4& x) {
  *reinterpret_cast<float4*>(to) = x;
}
__device__ inline void store4_shared(bf16* to, const float4& x) {
  *reinterpret_cast<uint2*>(to) = make_uint2(pack_bf16(x.x, x.y), pack_bf16(x.z, x.w));
}
/// 16 bytes to shared memory.
__device__ inline void store_shared(uint4* to, const uint4& x) { *to = x; }
/// Two neighbours, of 4 bytes together.
__device__ inline void store2(bf16* to, float low, float high) {
  *reinterpret_cast<std::uint32_t*>(to) = pack_bf16(low, high);
}

/// cp.async of 16 bytes, zeros where not `valid`; both addresses multiples of 16.
__device__ inline void copy_async_16(void* shared, const void* global, bool valid) {
  const auto to = static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global),
               "r"(valid ? 16 : 0)
               : "memory");
}
__device__ inline void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/// Waits until at most `Pending` of this thread's committed groups are under way.
template <int Pending>
__device__ inline void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

/// Four 8x8 matrices of 16-bit elements; lane 8i + r gives the address of row r of matrix i.
__device__ inline void ldmatrix_x4(std::uint32_t (&out)[4], const void* row) {
  const auto from = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(from)
               : "memory");
}
__device__ inline void ldmatrix_x4_transposed(std::uint32_t (&out)[4], const void* row) {
  const auto from = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(from)
               : "memory");
}

/// sum [16, 8] += a [16, 16] * b [16, 8], bf16 with fp32 sums.
__device__ inline void mma_m16n8k16(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                    std::uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// Until the kernels ahead on the stream have ended and all that they wrote is there: the first
/// statement of a kernel for launch_dependent(). Nothing where no kernel begins early.
__device__ inline void wait_for_previous() {
  NV_IF_TARGET(NV_PROVIDES_SM_90, (asm volatile("griddepcontrol.wait;" ::: "memory");))
}
/// From here on in every block, the next kernel on the stream may begin where it was launched
/// early.
__device__ inline void let_next_begin() {
  NV_IF_TARGET(NV_PROVIDES_SM_90, (asm volatile("griddepcontrol.launch_dependents;" ::: "memory");))
}

/// The only place of <<<>>>. Arguments go by value.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, int threads, std::int64_t shared_bytes,
            CudaStream stream, Arguments... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...));
  begin_launch(
      {reinterpret_cast<const void*>(kernel), {grid.x, grid.y, grid.z}, threads, shared_bytes});
  kernel<<<grid, static_cast<unsigned>(threads), static_cast<std::size_t>(shared_bytes), stream>>>(
      static_cast<Parameters>(arguments)...);
  end_launch(stream);
}

/// The same for a kernel whose first statement is wait_for_previous(): its blocks may begin while
/// the kernel ahead of it still runs. While a stream records, what is ahead has to be a kernel too.
template <class... Parameters, class... Arguments>
void launch_dependent(void (*kernel)(Parameters...), dim3 grid, int threads,
                      std::int64_t shared_bytes, CudaStream stream, Arguments... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...));
  begin_launch(
      {reinterpret_cast<const void*>(kernel), {grid.x, grid.y, grid.z}, threads, shared_bytes});
  cudaLaunchAttribute early{};
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = dim3(static_cast<unsigned>(threads));
  config.dynamicSmemBytes = static_cast<std::size_t>(shared_bytes);
  config.stream = stream;
  config.attrs = &early;
  config.numAttrs = begins_early() ? 1 : 0;
  check_cuda(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...),
             "cudaLaunchKernelEx");
  end_launch(stream);
}

}  // namespace flm
