// Products of a warpgroup (wgmma), instructions of compute capability 9.0a alone: included after
// <device.h> by sources that are compiled for nothing else. Four warps, 128 threads, call together.
//
// Products run by themselves from the call on: begin_products() before them, commit_products()
// behind some of them, await_products() before what they sum is touched, or what they read in
// shared memory is written again.
#pragma once

#include <device.h>

namespace flm {

/// How 16 bytes lie within a row of 128, 64 or 32 bytes: their place in it is xored with that of
/// the row among 8, 4 or 2 (of 128 bytes each). Values of the descriptor's field.
enum class Swizzle { kNone = 0, k128 = 1, k64 = 2, k32 = 3 };

/// A matrix in shared memory as the instruction takes it; strides in bytes, multiples of 16.
/// Without a swizzle 8 rows of 16 bytes lie together, 128 bytes; the next 8 elements of a row begin
/// `along` bytes behind, the next 8 rows `down` bytes. With one, whole rows lie one after the
/// other, at an address that is a multiple of eight of them; the next 8 rows begin `down` bytes
/// behind, and what goes on beyond a row (of a matrix that is taken transposed) `along` bytes.
__device__ inline std::uint64_t matrix_descriptor(const void* shared, int along, int down,
                                                  Swizzle swizzle = Swizzle::kNone) {
  const auto field = [](std::uint64_t bytes) { return (bytes & 0x3FFFF) >> 4; };
  return field(__cvta_generic_to_shared(shared)) | field(static_cast<std::uint64_t>(along)) << 16 |
         field(static_cast<std::uint64_t>(down)) << 32 | static_cast<std::uint64_t>(swizzle) << 62;
}
/// The same matrix `bytes` behind, a multiple of 16 within shared memory.
__device__ inline std::uint64_t moved(std::uint64_t descriptor, int bytes) {
  return descriptor + static_cast<std::uint64_t>(bytes >> 4);
}

/// What this thread has stored to shared memory is seen by products, once the block has met.
__device__ inline void show_stores_to_products() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

/// Everything that is done to these registers is done here: ahead of the line, or behind it.
template <int N>
__device__ inline void hold(float (&sums)[N][4]) {
#pragma unroll
  for (auto& four : sums)
#pragma unroll
    for (float& x : four) asm volatile("" : "+f"(x)::"memory");
}
template <int N>
__device__ inline void hold(std::uint32_t (&a)[N][4]) {
#pragma unroll
  for (auto& four : a)
#pragma unroll
    for (std::uint32_t& x : four) asm volatile("" : "+r"(x)::"memory");
}

/// Before products that take registers which were written otherwise: these.
template <class... Registers>
__device__ inline void begin_products(Registers&... registers) {
  (hold(registers), ...);
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}
/// Ends a group of products.
__device__ inline void commit_products() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
/// Waits until at most `Pending` of the warpgroup's groups are under way; `sums`: of a group that
/// has then ended.
template <int Pending, class... Sums>
__device__ inline void await_products(Sums&... sums) {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
  (hold(sums), ...);
}

// Where sums lie: sums[j][i] of thread t is row 16 (t / 32) + t % 32 / 4 + 8 (i / 2), column 8 j +
// 2 (t % 4) + i % 2. A in registers: of each warp's 16 rows as mma_m16n8k16 takes it.
#define FLM_SUM(j) "+f"(sums[j][0]), "+f"(sums[j][1]), "+f"(sums[j][2]), "+f"(sums[j][3])
#define FLM_SUMS_4(j) FLM_SUM(j), FLM_SUM(j + 1), FLM_SUM(j + 2), FLM_SUM(j + 3)
#define FLM_NEW(j) "=f"(sums[j][0]), "=f"(sums[j][1]), "=f"(sums[j][2]), "=f"(sums[j][3])

/// sums [64, 64] += a [64, 16] * b^T, b [64, 16]; bf16 with fp32 sums.
__device__ inline void warpgroup_mma(float (&sums)[8][4], std::uint64_t a, std::uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
      "%32, %33, 1, 1, 1, 0, 0;"
      : FLM_SUMS_4(0), FLM_SUMS_4(4)
      : "l"(a), "l"(b)
      : "memory");
}
/// The same where nothing was summed before.
__device__ inline void warpgroup_mma_first(float (&sums)[8][4], std::uint64_t a, std::uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
      "%32, %33, 0, 1, 1, 0, 0;"
      : FLM_NEW(0), FLM_NEW(1), FLM_NEW(2), FLM_NEW(3), FLM_NEW(4), FLM_NEW(5), FLM_NEW(6),
        FLM_NEW(7)
      : "l"(a), "l"(b)
      : "memory");
}

/// sums [64, 8 N] += a [64, 16] * b, b [16, 8 N]: a in registers, b taken transposed.
__device__ inline void warpgroup_mma(float (&sums)[8][4], const std::uint32_t (&a)[4],
                                     std::uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
      "{%32, %33, %34, %35}, %36, 1, 1, 1, 1;"
      : FLM_SUMS_4(0), FLM_SUMS_4(4)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)
      : "memory");
}
__device__ inline void warpgroup_mma(float (&sums)[10][4], const std::uint32_t (&a)[4],
                                     std::uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n80k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39}, "
      "{%40, %41, %42, %43}, %44, 1, 1, 1, 1;"
      : FLM_SUMS_4(0), FLM_SUMS_4(4), FLM_SUM(8), FLM_SUM(9)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)
      : "memory");
}
__device__ inline void warpgroup_mma(float (&sums)[12][4], const std::uint32_t (&a)[4],
                                     std::uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n96k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47}, "
      "{%48, %49, %50, %51}, %52, 1, 1, 1, 1;"
      : FLM_SUMS_4(0), FLM_SUMS_4(4), FLM_SUMS_4(8)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)
      : "memory");
}
__device__ inline void warpgroup_mma(float (&sums)[16][4], const std::uint32_t (&a)[4],
                                     std::uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "
      "{%64, %65, %66, %67}, %68, 1, 1, 1, 1;"
      : FLM_SUMS_4(0), FLM_SUMS_4(4), FLM_SUMS_4(8), FLM_SUMS_4(12)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)
      : "memory");
}

#undef FLM_NEW
#undef FLM_SUMS_4
#undef FLM_SUM

}  // namespace flm
