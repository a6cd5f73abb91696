// The door of the CPU backend.
#pragma once

#include <memory>
#include <string>

#include "engine/backend/backend.h"

namespace flm {

/// `isa` "" takes the best of this machine. bf16: operands of the matmuls are rounded to bf16, sums
/// are fp32 (Kernels::multiply_bf16).
std::unique_ptr<Backend> make_cpu_backend(int threads, const std::string& isa, bool bf16 = false);

}  // namespace flm
