// Memory for large arrays: uninitialised, aligned, in huge pages where the system gives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace flm {

/// Gives its memory back with std::free.
struct FreeBuffer {
  void operator()(void* memory) const;
};
using LargeBuffer = std::unique_ptr<void, FreeBuffer>;
using FloatBuffer = std::unique_ptr<float[], FreeBuffer>;

/// Rows of weights and activations lie kilobytes apart: in pages of 4 KiB nearly every access of a
/// kernel would need another entry of the TLB. Whoever touches a page first has it near.
LargeBuffer allocate_bytes(std::size_t bytes);
FloatBuffer allocate_floats(std::int64_t count);

}  // namespace flm
