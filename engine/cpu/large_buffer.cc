#include "engine/cpu/large_buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace flm {

void FreeBuffer::operator()(void* memory) const { std::free(memory); }

LargeBuffer allocate_bytes(std::size_t bytes) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  const std::size_t alignment = bytes >= kHugePage ? kHugePage : 64;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (!memory) throw std::bad_alloc();
  if (bytes >= kHugePage) madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: failure costs time only
  return LargeBuffer(memory);
}

FloatBuffer allocate_floats(std::int64_t count) {
  return FloatBuffer(static_cast<float*>(
      allocate_bytes(static_cast<std::size_t>(count) * sizeof(float)).release()));
}

}  // namespace flm
