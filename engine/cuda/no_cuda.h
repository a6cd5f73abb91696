// What --device cuda answers in a build without CUDA.
#pragma once

namespace flm {

/// Throws a UserError that says what is missing and how to get it.
[[noreturn]] void refuse_cuda();

}  // namespace flm
