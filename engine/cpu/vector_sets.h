// Instruction sets that have kernels of their own beside portable C++. CMake chooses the source by
// the processor that is built for: x86/x86_vector_sets.cc, or no_vector_sets.cc.
#pragma once

#include <string>
#include <vector>

#include "engine/cpu/fma_loops.h"
#include "engine/cpu/kernels.h"

namespace flm {

struct VectorSet {
  std::string name;  // avx512, avx2
  const Kernels& (*kernels)();
  FmaLoop multiply_adds;
};

/// Those that this machine can run, best first.
std::vector<VectorSet> vector_sets();

}  // namespace flm
