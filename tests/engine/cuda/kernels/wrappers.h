// Probes of device.h's wrappers: the same source on a device and on the emulation.
#pragma once

#include <cstdint>

#include "engine/cuda/runtime/runtime.h"

namespace flm::test {

/// One warp; bf16 in, fp32 out. c [16, 16] = a [16, 16] * b^T, b [16, 16]; d [16, 16] = a * b; of b
/// only the first `rows` rows are copied, the others become zeros.
void probe_products(CudaStream stream, const void* a, const void* b, int rows, float* c, float* d);

/// bits[i] = pack_bf16(x[i], -x[i]), exps[i] = exp_fp32(x[i]), powers[i] = exp2_fast(x[i]); a block
/// of 32 at a time, `count` a multiple of 32. sums[i / 32]: of x, over the first 16 lanes.
void probe_functions(CudaStream stream, const float* x, int count, std::uint32_t* bits, float* exps,
                     float* powers, float* sums);

/// `steps` kernels that begin early, each: to[i] = from[(i + 4099) % count] + 1, from x to y and
/// back. `count` is a multiple of 256.
void probe_dependent_launches(CudaStream stream, int* x, int* y, int count, int steps);

/// Four elements a thread, a block of 32 at a time, `count` a multiple of 128: copy[i] = x[i] by
/// way of shared memory, narrow[i] = pairs[i] = bf16(x[i]), in pairs two at a time; wide[i] =
/// float(bf16(x[i])) by way of shared memory.
void probe_vectors(CudaStream stream, const float* x, int count, float* copy, void* narrow,
                   void* pairs, float* wide);

/// A launch that no device takes: 2,048 threads a block.
void probe_refused_launch(CudaStream stream, int* x);

}  // namespace flm::test
