#include "tests/engine/cuda/emulation/block.h"

#include <algorithm>
#include <array>
#include <boost/context/fiber.hpp>
#include <cstring>
#include <exception>
#include <numeric>
#include <random>
#include <stdexcept>

#include "tests/engine/cuda/emulation/stack_pool.h"

namespace flm::emulation {
namespace {

constexpr std::byte kPoison{0xFF}, kCanary{0xA5};
constexpr std::int64_t kGuard = 64;

Order thread_order = Order::kAscending;
std::uint32_t order_seed = 1;

std::vector<unsigned> permutation(unsigned count) {
  std::vector<unsigned> order(count);
  std::iota(order.begin(), order.end(), 0u);
  if (thread_order == Order::kDescending) std::reverse(order.begin(), order.end());
  if (thread_order == Order::kShuffled)
    std::shuffle(order.begin(), order.end(), std::mt19937(order_seed++));
  return order;
}

enum class Waits { kNothing, kBarrier, kWarp, kDone };

struct Abandoned {};  // what ends a thread of a block that has failed

struct Warp {
  std::array<void*, 32> lanes{};
  int arrived = 0;
  const void* place = nullptr;
};

/// The fibers of one block and who waits for what.
class BlockRun {
 public:
  BlockRun(BlockState& block, const std::function<void()>& body, bool early)
      : block_(block), body_(body), threads_(block.threads.x), warps_(threads_.size() / 32) {
    for (unsigned t = 0; t < threads_.size(); ++t)
      threads_[t].state = {{t, 0, 0}, &block, {}, {}, {}, early};
  }

  void run();
  void wait_at_barrier() {
    threads_[running_].waits = Waits::kBarrier;
    leave();
  }
  void meet(const void* place, void* lane_data, void (*act)(void* const lanes[32]));
  ThreadState& current() { return threads_[running_].state; }

 private:
  struct Thread {
    ThreadState state;
    boost::context::fiber fiber;
    StackSpan stack;
    void* fake_stack = nullptr;
    Waits waits = Waits::kNothing;
  };

  void enter(unsigned t);
  void leave();
  void start(unsigned t);
  /// Lets every thread that has not ended leave its kernel by an exception, at announced switches.
  void abandon(const std::vector<unsigned>& order);
  bool release_barrier();

  BlockState& block_;
  const std::function<void()>& body_;
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  boost::context::fiber scheduler_;
  StackSpan scheduler_stack_;
  std::exception_ptr error_;
  bool abandoned_ = false;
  unsigned running_ = 0;
};

thread_local BlockRun* active = nullptr;

void BlockRun::start(unsigned t) {
  Thread& thread = threads_[t];
  thread.fiber = boost::context::fiber(
      std::allocator_arg, PooledStack{&thread.stack}, [this, t](boost::context::fiber&& from) {
        finish_switch(nullptr, &scheduler_stack_);
        scheduler_ = std::move(from);
        try {
          if (!abandoned_) body_();
          if (!abandoned_ && threads_[t].state.early)
            throw std::logic_error("a kernel that began early never waited for the one ahead");
        } catch (const Abandoned&) {
        } catch (...) {
          if (!error_) error_ = std::current_exception();
        }
        threads_[t].waits = Waits::kDone;
        start_switch(nullptr, scheduler_stack_);  // null: this fiber never runs again
        return std::move(scheduler_);
      });
}

void BlockRun::enter(unsigned t) {
  running_ = t;
  void* fake = nullptr;
  start_switch(&fake, threads_[t].stack);
  threads_[t].fiber = std::move(threads_[t].fiber).resume();
  finish_switch(fake, nullptr);
}

void BlockRun::leave() {
  const unsigned me = running_;
  start_switch(&threads_[me].fake_stack, scheduler_stack_);
  scheduler_ = std::move(scheduler_).resume();
  finish_switch(threads_[me].fake_stack, &scheduler_stack_);
  if (abandoned_) throw Abandoned();
}

void BlockRun::abandon(const std::vector<unsigned>& order) {
  abandoned_ = true;
  for (unsigned t : order)
    if (threads_[t].waits != Waits::kDone) enter(t);
}

void BlockRun::meet(const void* place, void* lane_data, void (*act)(void* const lanes[32])) {
  const unsigned me = running_;
  Warp& warp = warps_[me / 32];
  if (warp.arrived > 0 && warp.place != place)
    throw std::logic_error("lanes of a warp wait at different operations");
  warp.place = place;
  warp.lanes[me % 32] = lane_data;
  if (++warp.arrived < 32) {
    threads_[me].waits = Waits::kWarp;
    return leave();
  }
  act(warp.lanes.data());
  warp.arrived = 0;
  for (unsigned t = me / 32 * 32; t < me / 32 * 32 + 32; ++t) threads_[t].waits = Waits::kNothing;
}

bool BlockRun::release_barrier() {
  std::size_t waiting = 0, done = 0;
  for (const Thread& thread : threads_) {
    waiting += thread.waits == Waits::kBarrier;
    done += thread.waits == Waits::kDone;
  }
  if (done == threads_.size()) return false;
  if (waiting != threads_.size()) {
    error_ = std::make_exception_ptr(
        std::logic_error("threads of a block wait at different places: " + std::to_string(waiting) +
                         " at a barrier, " + std::to_string(done) + " have ended, of " +
                         std::to_string(threads_.size())));
    return false;
  }
  for (Thread& thread : threads_) thread.waits = Waits::kNothing;
  ++block_.barriers;
  return true;
}

void BlockRun::run() {
  active = this;
  const std::vector<unsigned> order = permutation(static_cast<unsigned>(threads_.size()));
  for (unsigned t : order) start(t);
  do {
    for (bool any = true; any && !error_;) {
      any = false;
      for (unsigned t : order) {
        if (threads_[t].waits != Waits::kNothing) continue;
        enter(t);
        any = true;
        if (error_) break;
      }
    }
  } while (!error_ && release_barrier());
  if (error_) abandon(order);
  active = nullptr;
  if (error_) std::rethrow_exception(error_);
}

}  // namespace

void set_order(Order order, std::uint32_t seed) {
  thread_order = order;
  order_seed = seed;
}

SharedMemory::SharedMemory(std::int64_t bytes)
    : size_(bytes), bytes_(new (kAlign) std::byte[static_cast<std::size_t>(bytes + kGuard)]) {
  std::fill_n(bytes_.get(), size_, kPoison);
  std::fill_n(bytes_.get() + size_, kGuard, kCanary);
}

bool SharedMemory::intact() const {
  return std::all_of(bytes_.get() + size_, bytes_.get() + size_ + kGuard,
                     [](std::byte b) { return b == kCanary; });
}

ThreadState& current_thread() {
  if (active->current().early)
    throw std::logic_error("a kernel that began early has not waited for the one ahead");
  return active->current();
}
void wait_for_kernel_ahead() { active->current().early = false; }
int lane() { return static_cast<int>(current_thread().index.x % 32); }

void run_grid(dim3 grid, int threads, std::int64_t shared_bytes, const std::function<void()>& body,
              bool early) {
  if (threads <= 0 || threads > 1024 || threads % 32 != 0)
    throw std::logic_error("a block of " + std::to_string(threads) + " threads");
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) throw std::logic_error("a grid without blocks");
  if (grid.x > 0x7fffffffu || grid.y > 0xffffu || grid.z > 0xffffu)
    throw std::logic_error("a grid larger than devices take");
  if (shared_bytes > kBlockShared)
    throw std::logic_error(std::to_string(shared_bytes) + " bytes of shared memory");
  for (unsigned at : permutation(grid.x * grid.y * grid.z)) {
    BlockState block{{at % grid.x, at / grid.x % grid.y, at / grid.x / grid.y},
                     grid,
                     dim3(static_cast<unsigned>(threads)),
                     SharedMemory(shared_bytes)};
    BlockRun(block, body, early).run();
    if (!block.shared.intact()) throw std::logic_error("a write beyond shared memory");
    block.products.check_end();
  }
}

void block_barrier() {
  (void)current_thread();
  active->wait_at_barrier();
}
void warp_meet(const void* place, void* lane_data, void (*act)(void* const lanes[32])) {
  (void)current_thread();
  active->meet(place, lane_data, act);
}

void check_full(std::uint32_t mask) {
  if (mask != 0xFFFFFFFFu) throw std::logic_error("a warp operation without its full mask");
}

}  // namespace flm::emulation
