// Loops that do nothing but reach a ceiling: one kind of traffic or arithmetic each.
#pragma once

#include <cstddef>
#include <string>

#include "engine/cpu/fma_loops.h"

namespace flm::bench {

struct PeakKernels {
  /// Reads all; returns a sum so that nothing is optimised away. `count` is a multiple of 256.
  float (*read)(const float* x, std::size_t count);
  /// y = x, past the caches where the instruction set can.
  void (*copy)(const float* x, float* y, std::size_t count);
  /// z = x + 3 y
  void (*triad)(const float* x, const float* y, float* z, std::size_t count);
  /// `rounds` rounds of independent multiply-adds; sets *flops.
  FmaLoop fma;
  /// The same with pairs of bf16; null where there is no instruction.
  FmaLoop dot_bf16;
};

/// In plain C++.
PeakKernels portable_peak_kernels();

/// `isa`: avx512, avx2, portable. CMake chooses the source by the processor that is built for:
/// x86/x86_peak_kernels.cc, or no_vector_peak_kernels.cc.
PeakKernels peak_kernels(const std::string& isa, bool bf16_dot);

}  // namespace flm::bench
