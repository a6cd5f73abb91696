// Products of a warpgroup (wgmma), instructions of compute capability 9.0a alone: included after
// <device.h> by sources that are compiled for nothing else. Four warps, 128 threads, call together.
#pragma once

#include <device.h>

namespace flm {

/// A matrix in shared memory as the instruction takes it without a swizzle: 8 rows of 16 bytes lie
/// together, 128 bytes; the next 8 elements of a row begin `along` bytes behind, the next 8 rows
/// `down` bytes. Multiples of 16.
__device__ inline std::uint64_t matrix_descriptor(const void* shared, int along, int down) {
  const auto field = [](std::uint64_t bytes) { return (bytes & 0x3FFFF) >> 4; };
  return field(__cvta_generic_to_shared(shared)) | field(static_cast<std::uint64_t>(along)) << 16 |
         field(static_cast<std::uint64_t>(down)) << 32;
}

/// What this thread has stored to shared memory is seen by products, once the block has met.
__device__ inline void show_stores_to_products() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

/// Before the first product that adds to registers which were written otherwise.
__device__ inline void begin_products() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
/// Waits for all of this warpgroup's; the registers of `sum` are not touched before.
__device__ inline void finish_products(float (&sum)[32]) {
  asm volatile(
      "wgmma.commit_group.sync.aligned;\n"
      "wgmma.wait_group.sync.aligned 0;" ::
          : "memory");
  for (float& x : sum) asm volatile("" : "+f"(x)::"memory");
}

/// sum [64, 64] += a [64, 16] * b^T, b [64, 16]; bf16 with fp32 sums. sum[i] of thread t: row 16 (t
/// / 32) + t % 32 / 4 + 8 (i / 2 % 2), column 8 (i / 4) + 2 (t % 4) + i % 2.
__device__ inline void warpgroup_mma_m64n64k16(float (&sum)[32], std::uint64_t a, std::uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
      "%32, %33, 1, 1, 1, 0, 0;"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3]), "+f"(sum[4]), "+f"(sum[5]),
        "+f"(sum[6]), "+f"(sum[7]), "+f"(sum[8]), "+f"(sum[9]), "+f"(sum[10]), "+f"(sum[11]),
        "+f"(sum[12]), "+f"(sum[13]), "+f"(sum[14]), "+f"(sum[15]), "+f"(sum[16]), "+f"(sum[17]),
        "+f"(sum[18]), "+f"(sum[19]), "+f"(sum[20]), "+f"(sum[21]), "+f"(sum[22]), "+f"(sum[23]),
        "+f"(sum[24]), "+f"(sum[25]), "+f"(sum[26]), "+f"(sum[27]), "+f"(sum[28]), "+f"(sum[29]),
        "+f"(sum[30]), "+f"(sum[31])
      : "l"(a), "l"(b)
      : "memory");
}

}  // namespace flm
