#include "tests/engine/cuda/emulation/guarded_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

namespace flm::emulation {
namespace {

constexpr std::size_t kAlignment = 256;  // of cudaMalloc

std::size_t rounded_up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }
std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

/// The pages of an allocation, without the one behind them.
std::size_t room(std::size_t bytes) { return rounded_up(rounded_up(bytes, kAlignment), page()); }

}  // namespace

void* take_guarded(std::size_t bytes) {
  void* base = mmap(nullptr, room(bytes) + page(), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) throw std::bad_alloc();
  auto* end = static_cast<char*>(base) + room(bytes);
  mprotect(end, page(), PROT_NONE);
  char* memory = end - rounded_up(bytes, kAlignment);
  std::memset(memory, 0xFF, static_cast<std::size_t>(end - memory));
  return memory;
}

void give_back_guarded(void* memory, std::size_t bytes) {
  char* end = static_cast<char*>(memory) + rounded_up(bytes, kAlignment);
  munmap(end - room(bytes), room(bytes) + page());
}

}  // namespace flm::emulation
