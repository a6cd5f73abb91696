#include "tests/engine/cuda/emulation/stack_pool.h"

#include <sys/mman.h>
#include <unistd.h>

#include <new>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace flm::emulation {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;

/// Stacks that are not in use; kept for the life of the thread that ran them.
struct Pool {
  std::vector<void*> bases;
  ~Pool() {
    for (void* base : bases) munmap(base, kStackBytes + page());
  }
  static std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }
};
thread_local Pool pool;

void* take_base() {
  if (!pool.bases.empty()) {
    void* base = pool.bases.back();
    pool.bases.pop_back();
    return base;
  }
  void* base = mmap(nullptr, kStackBytes + Pool::page(), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) throw std::bad_alloc();
  mprotect(base, Pool::page(), PROT_NONE);
  return base;
}

}  // namespace

boost::context::stack_context PooledStack::allocate() {
  char* base = static_cast<char*>(take_base()) + Pool::page();
  boost::context::stack_context stack;
  stack.size = kStackBytes;
  stack.sp = base + kStackBytes;
  *span = {base, kStackBytes};
  return stack;
}

void PooledStack::deallocate(boost::context::stack_context& stack) noexcept {
  char* base = static_cast<char*>(stack.sp) - kStackBytes;
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(base, kStackBytes);
#endif
  pool.bases.push_back(base - Pool::page());
}

#if defined(__SANITIZE_ADDRESS__)
void start_switch(void** save, const StackSpan& to) {
  __sanitizer_start_switch_fiber(save, to.bottom, to.bytes);
}
void finish_switch(void* saved, StackSpan* from) {
  StackSpan ignored;
  StackSpan* span = from ? from : &ignored;
  __sanitizer_finish_switch_fiber(saved, &span->bottom, &span->bytes);
}
#else
void start_switch(void**, const StackSpan&) {}
void finish_switch(void*, StackSpan*) {}
#endif

}  // namespace flm::emulation
