// Stacks of the emulated threads: pooled, each with an unreadable page below it, and announced to
// the address sanitizer at every switch.
#pragma once

#include <boost/context/stack_context.hpp>
#include <cstddef>

namespace flm::emulation {

struct StackSpan {
  const void* bottom = nullptr;
  std::size_t bytes = 0;
};

/// Boost.Context's stack allocator over the pool; notes the stack's place in `span`.
struct PooledStack {
  StackSpan* span;
  boost::context::stack_context allocate();
  void deallocate(boost::context::stack_context& stack) noexcept;
};

/// Before and after a switch; nothing where the address sanitizer is off. `save` null: the stack
/// that is left will not be used again.
void start_switch(void** save, const StackSpan& to);
void finish_switch(void* saved, StackSpan* from);

}  // namespace flm::emulation
