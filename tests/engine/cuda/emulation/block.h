// One block of threads at a time: threads are fibers on the calling OS thread, switched at barriers
// and warp operations only. Orders of threads and blocks are chosen by the test; a correct kernel
// gives equal bits under all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <vector>

#include "tests/engine/cuda/emulation/async_products.h"
#include "tests/engine/cuda/emulation/runtime_types.h"

namespace flm::emulation {

/// Shared memory that the device lends a block, as an H100 does.
inline constexpr std::int64_t kBlockShared = 227 * 1024;

enum class Order { kAscending, kDescending, kShuffled };
/// Of the threads of a block and of the blocks of a grid, for all later launches.
void set_order(Order order, std::uint32_t seed = 1);

struct Index3 {
  unsigned x = 0, y = 0, z = 0;
};

/// Dynamic shared memory: poisoned, and guarded by canaries at its end.
class SharedMemory {
 public:
  explicit SharedMemory(std::int64_t bytes);
  std::byte* data() { return bytes_.get(); }
  std::int64_t size() const { return size_; }
  bool intact() const;

 private:
  static constexpr std::align_val_t kAlign{1024};
  struct Free {
    void operator()(std::byte* bytes) const { ::operator delete[](bytes, kAlign); }
  };
  std::int64_t size_;
  std::unique_ptr<std::byte[], Free> bytes_;
};

struct BlockState {
  Index3 index;
  dim3 grid, threads;
  SharedMemory shared;
  AsyncProducts products = {};
  int barriers = 0;  // that all threads have met at
};

struct PendingCopy {
  void* shared = nullptr;
  const void* global = nullptr;  // null: zeros
};

struct ThreadState {
  Index3 index;
  BlockState* block = nullptr;
  std::vector<std::vector<PendingCopy>> copies;  // committed groups, oldest first
  std::vector<PendingCopy> open;                 // not committed yet
  std::vector<Store> unshown = {};               // to shared memory, since products saw it
  bool early = false;                            // it has not waited for the kernel ahead of it yet
};

/// std::logic_error where the thread began early and has not waited yet: its index is the first
/// that it would ask for.
ThreadState& current_thread();
void wait_for_kernel_ahead();

/// Runs `body` once for each thread of each block. An exception of a thread ends the launch. Throws
/// std::logic_error on what a device would not survive: threads of a block that wait at different
/// places, a write beyond shared memory, a warp operation without its full mask, what AsyncProducts
/// finds; `early`: a thread
/// that does something before it has waited for the kernel ahead, or never does.
void run_grid(dim3 grid, int threads, std::int64_t shared_bytes, const std::function<void()>& body,
              bool early = false);

void block_barrier();

/// All 32 lanes meet; the last one runs `act` on the lanes' pointers; then all go on.
void warp_meet(const void* place, void* lane_data, void (*act)(void* const lanes[32]));

/// Bits of the lanes' predicates.
std::uint32_t vote(std::uint32_t mask, int predicate);
void check_full(std::uint32_t mask);
int lane();

/// `source(lane)` outside 0 .. 31 gives the lane its own value.
template <class F>
float shuffle(std::uint32_t mask, float value, F source) {
  check_full(mask);
  struct Lane {
    float mine, result;
    int from;
  } data{value, 0, source(lane())};
  static const char place = 0;
  warp_meet(&place, &data, [](void* const lanes[32]) {
    for (int i = 0; i < 32; ++i) {
      Lane& to = *static_cast<Lane*>(lanes[i]);
      const bool inside = to.from >= 0 && to.from < 32;
      to.result = inside ? static_cast<Lane*>(lanes[to.from])->mine : to.mine;
    }
  });
  return data.result;
}

/// cp.async: the bytes arrive when the thread waits for them, not before; until then the place in
/// shared memory is poisoned.
void defer_copy(void* shared, const void* global);
void commit_copies();
void wait_copies(int pending);

/// ldmatrix .x4 [.trans] of 8x8 matrices of 16-bit elements; lane 8i + r names row r of matrix i.
void load_matrices(std::uint32_t (&out)[4], const void* row, bool transposed);
/// mma.sync.m16n8k16 row.col bf16 with fp32 sums: one fma chain in ascending k for each output.
void multiply_matrices(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                       std::uint32_t b1);

}  // namespace flm::emulation
