// Products of a warpgroup (wgmma) as a device makes them: by themselves, from the call until they
// are awaited. What a kernel must not do meanwhile is found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

namespace flm::emulation {

struct Store {
  std::byte* at = nullptr;
  std::size_t bytes = 0;
};

/// What each lane of a warp calls with.
struct ProductCall {
  float* sums = nullptr;  // [columns / 8][4]
  int columns = 0;
  bool first = false;                // nothing was summed before
  const std::uint32_t* a = nullptr;  // in registers; null: behind a_descriptor
  std::uint64_t a_descriptor = 0, b_descriptor = 0;
  bool b_transposed = false;
};

/// Of one warp: 16 rows of its warpgroup's products.
class WarpProducts {
 public:
  void begin() { fenced_ = true; }
  void issue(int warp, const ProductCall* const calls[32]);
  void commit();
  /// Until at most `pending` groups are under way.
  void await(int pending);
  bool under_way(const float* sums) const { return sums_.count(sums) > 0; }
  bool idle() const { return open_.empty() && groups_.empty(); }
  std::uint64_t made() const { return made_; }

 private:
  /// An operand's bits, and where in shared memory they lie (nowhere: registers).
  struct Operand {
    std::vector<const std::byte*> places;
    std::vector<std::uint16_t> bits;  // [rows, 16]
  };
  struct Product {
    const float* key;
    int columns;
    bool first;
    Operand a, b;
  };
  struct Sums {
    std::vector<float*> lanes;
    int columns, products;
    std::vector<float> values;  // [16, columns]
  };
  void take_registers(const ProductCall* const calls[32]);
  void finish(const Product& product);

  std::vector<Product> open_;
  std::deque<std::vector<Product>> groups_;
  std::map<const float*, Sums> sums_;  // by lane 0's
  bool fenced_ = false;
  std::uint64_t made_ = 0;  // a hash of all calls: the same in the four warps of a group
};

/// Shared memory as products see it, 16 bytes at a time. Times are barriers that the block has met
/// at: what another warp does is before or behind it by them alone.
class ProductMemory {
 public:
  bool is_used() const { return !seen_.empty(); }
  void start(std::size_t bytes, std::size_t warps);
  void show(const std::byte* shared, const Store& store, int warp, int time);
  /// std::logic_error where products of `warp` do not see what lies there; they read it from now
  /// on.
  void read(const std::byte* shared, std::size_t at, int warp, int time);
  void end_read(std::size_t at, int warp, int time);
  /// std::logic_error where products of other warps may read it still.
  void check_written(std::size_t at, std::size_t bytes, int warp, int time) const;

 private:
  static constexpr std::size_t kUnit = 16;
  struct Shown {
    int warp = -1, time = -1;
  };
  std::vector<std::byte> seen_;
  std::vector<Shown> shown_;
  std::vector<std::vector<int>> read_;  // [warp]: when it was read last; -1: never
};

/// Of a block: its warps' products, and what they see.
struct AsyncProducts {
  std::vector<WarpProducts> warps;
  ProductMemory memory;
  /// std::logic_error where something is under way still, or warps of a warpgroup differ.
  void check_end() const;
};

/// By the thread that runs, to shared memory: it begins to write, and has written.
void begin_store(const void* at, std::size_t bytes);
void note_store(void* at, std::size_t bytes);
/// Products see all that the thread has noted.
void show_stores();
/// All lanes of a warp call.
void begin_products();
void issue_product(const ProductCall& call);
void commit_products();
void await_products(int pending);
/// std::logic_error where they are under way.
void check_ended(const float* sums);

/// The place of element (row, column) of the matrix behind a descriptor, 16 columns; of a
/// transposed one, whose rows are columns in memory.
const std::byte* matrix_place(std::uint64_t descriptor, int row, int column, bool transposed);

}  // namespace flm::emulation
