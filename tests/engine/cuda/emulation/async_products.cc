#include "tests/engine/cuda/emulation/async_products.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include "tests/engine/cuda/emulation/block.h"

namespace flm::emulation {
namespace {

constexpr int kDepth = 16, kWarpRows = 16;
constexpr std::uint32_t kUnderWay = 0xFFBFFFFFu;  // a NaN that arithmetic makes another
constexpr std::byte kPoison{0xFF};                // of shared memory that nobody wrote
const char begin_place = 0, issue_place = 0, commit_place = 0, await_place = 0;

float widened(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

AsyncProducts& products() {
  BlockState& block = *current_thread().block;
  if (block.products.warps.empty()) {
    if (block.threads.x % 128)
      throw std::logic_error("products of a warpgroup in a block of " +
                             std::to_string(block.threads.x) + " threads");
    block.products.warps.resize(block.threads.x / 32);
    block.products.memory.start(static_cast<std::size_t>(block.shared.size()),
                                block.products.warps.size());
  }
  return block.products;
}
const std::byte* block_shared() { return current_thread().block->shared.data(); }
int warp_index() { return static_cast<int>(current_thread().index.x / 32); }
WarpProducts& my_warp() { return products().warps[static_cast<std::size_t>(warp_index())]; }

std::uint16_t bits_at(const std::byte* place) {
  std::uint16_t bits;
  std::memcpy(&bits, place, sizeof bits);
  return bits;
}

/// In shared memory.
std::size_t offset_of(const void* place) {
  return static_cast<std::size_t>(static_cast<const std::byte*>(place) -
                                  current_thread().block->shared.data());
}

/// Where sum i of lane l lies in [16, columns].
std::size_t place_of(int l, int i, int columns) {
  return static_cast<std::size_t>((l / 4 + 8 * (i / 2 % 2)) * columns + i / 4 * 8 + l % 4 * 2 +
                                  i % 2);
}

}  // namespace

const std::byte* matrix_place(std::uint64_t descriptor, int row, int column, bool transposed) {
  const auto field = [&](int bit) { return static_cast<int>(descriptor >> bit & 0x3FFF) * 16; };
  const int along = field(16), down = field(32), kind = static_cast<int>(descriptor >> 62);
  if (descriptor >> 46 & 0xFFFF) throw std::logic_error("a descriptor with a base offset");
  const int line = transposed ? column : row, bytes = (transposed ? row : column) * 2;  // of memory
  std::byte* shared = current_thread().block->shared.data();
  if (kind == 0) {
    const int next = bytes / 16, eight = line / 8;
    return shared + field(0) + line % 8 * 16 + bytes % 16 +
           (transposed ? next * down + eight * along : next * along + eight * down);
  }
  const int row_bytes = 256 >> kind;
  if (field(0) % row_bytes + (transposed ? row_bytes : 2 * kDepth) > row_bytes)
    throw std::logic_error("a swizzled matrix that begins within a row and goes on beyond it");
  const int at = field(0) + line % 8 * row_bytes + line / 8 * down + bytes % row_bytes +
                 bytes / row_bytes * along;
  return shared + (at ^ (at >> 3 & (row_bytes - 16)));
}

void WarpProducts::take_registers(const ProductCall* const calls[32]) {
  const ProductCall& call = *calls[0];
  Sums& sums = sums_[call.sums];
  if (!sums.lanes.empty()) {
    ++sums.products;
    return;
  }
  if (!fenced_)
    throw std::logic_error("a product takes registers that were written since the last fence");
  sums.columns = call.columns;
  sums.products = 1;
  sums.values.resize(static_cast<std::size_t>(kWarpRows * call.columns));
  for (int l = 0; l < 32; ++l) {
    sums.lanes.push_back(calls[l]->sums);
    for (int i = 0; i < call.columns / 2; ++i) {
      sums.values[place_of(l, i, call.columns)] = call.first ? 0.0f : calls[l]->sums[i];
      std::memcpy(calls[l]->sums + i, &kUnderWay, sizeof kUnderWay);
    }
  }
}

void WarpProducts::issue(int warp, const ProductCall* const calls[32]) {
  const ProductCall& call = *calls[0];
  for (int l = 0; l < 32; ++l)
    if (calls[l]->b_descriptor != call.b_descriptor || calls[l]->a_descriptor != call.a_descriptor)
      throw std::logic_error("lanes of a warp give a product other descriptors");
  take_registers(calls);
  Product product{call.sums, call.columns, call.first, {}, {}};
  if (call.a) {
    if (!fenced_)
      throw std::logic_error("a product takes registers that were written since the last fence");
    product.a.bits.resize(kWarpRows * kDepth);
    for (int l = 0; l < 32; ++l)
      for (int i = 0; i < 8; ++i)
        product.a.bits[static_cast<std::size_t>((l / 4 + 8 * (i / 2 % 2)) * kDepth + i / 4 * 8 +
                                                l % 4 * 2 + i % 2)] =
            static_cast<std::uint16_t>(calls[l]->a[i / 2] >> 16 * (i % 2));
  }
  const auto read = [warp](Operand& operand, std::uint64_t descriptor, int first, int rows,
                           bool transposed) {
    for (int row = first; row < first + rows; ++row)
      for (int k = 0; k < kDepth; ++k) {
        operand.places.push_back(matrix_place(descriptor, row, k, transposed));
        const BlockState& block = *current_thread().block;
        products().memory.read(block_shared(), offset_of(operand.places.back()), warp,
                               block.barriers);
        operand.bits.push_back(bits_at(operand.places.back()));
      }
  };
  if (!call.a) read(product.a, call.a_descriptor, warp % 4 * kWarpRows, kWarpRows, false);
  read(product.b, call.b_descriptor, 0, call.columns, call.b_transposed);
  made_ = made_ * 0x100000001B3u ^ call.b_descriptor ^ call.a_descriptor << 1 ^
          static_cast<std::uint64_t>(call.columns);
  open_.push_back(std::move(product));
}

void WarpProducts::commit() {
  groups_.push_back(std::move(open_));
  open_.clear();
}

void WarpProducts::await(int pending) {
  fenced_ = false;
  while (groups_.size() > static_cast<std::size_t>(pending)) {
    for (const Product& product : groups_.front()) finish(product);
    groups_.pop_front();
  }
}

void WarpProducts::finish(const Product& product) {
  for (const Operand* operand : {&product.a, &product.b})
    for (std::size_t i = 0; i < operand->places.size(); ++i)
      if (bits_at(operand->places[i]) != operand->bits[i])
        throw std::logic_error("shared memory was written while a product read it");
  for (const Operand* operand : {&product.a, &product.b})
    for (const std::byte* place : operand->places)
      products().memory.end_read(offset_of(place), warp_index(), current_thread().block->barriers);
  Sums& sums = sums_.at(product.key);
  const auto columns = static_cast<std::size_t>(product.columns);
  for (std::size_t row = 0; row < kWarpRows; ++row)
    for (std::size_t column = 0; column < columns; ++column) {
      float& sum = sums.values[row * columns + column];
      if (product.first) sum = 0;
      for (std::size_t k = 0; k < kDepth; ++k)
        sum = std::fma(widened(product.a.bits[row * kDepth + k]),
                       widened(product.b.bits[column * kDepth + k]), sum);
    }
  if (--sums.products > 0) return;
  for (int l = 0; l < 32; ++l)
    for (int i = 0; i < product.columns / 2; ++i) {
      float& sum = sums.lanes[static_cast<std::size_t>(l)][i];
      if (std::bit_cast<std::uint32_t>(sum) != kUnderWay)
        throw std::logic_error("sums were written while a product was under way");
      sum = sums.values[place_of(l, i, product.columns)];
    }
  sums_.erase(product.key);
}

void AsyncProducts::check_end() const {
  for (std::size_t w = 0; w < warps.size(); ++w) {
    if (!warps[w].idle()) throw std::logic_error("a kernel ended with products under way");
    if (warps[w].made() != warps[w / 4 * 4].made())
      throw std::logic_error("warps of a warpgroup made different products");
  }
}

void ProductMemory::start(std::size_t bytes, std::size_t warps) {
  seen_.assign(bytes, kPoison);
  shown_.resize(bytes / kUnit + 1);
  read_.assign(warps, std::vector<int>(shown_.size(), -1));
}

void ProductMemory::show(const std::byte* shared, const Store& store, int warp, int time) {
  const auto at = static_cast<std::size_t>(store.at - shared);
  std::memcpy(seen_.data() + at, store.at, store.bytes);
  for (std::size_t unit = at / kUnit; unit * kUnit < at + store.bytes; ++unit)
    shown_[unit] = {warp, time};
}

void ProductMemory::read(const std::byte* shared, std::size_t at, int warp, int time) {
  const auto fail = [at](const std::string& what) {
    throw std::logic_error("a product reads what " + what + ", at byte " + std::to_string(at) +
                           " of shared memory");
  };
  if (at + 2 > seen_.size() || std::memcmp(shared + at, seen_.data() + at, 2) != 0)
    fail("was stored and not shown to it");
  const Shown& shown = shown_[at / kUnit];
  if (shown.warp != warp && shown.time >= time)
    fail("another warp has shown since the last barrier");
  end_read(at, warp, time);
}

void ProductMemory::end_read(std::size_t at, int warp, int time) {
  read_[static_cast<std::size_t>(warp)][at / kUnit] = time;
}

void ProductMemory::check_written(std::size_t at, std::size_t bytes, int warp, int time) const {
  for (std::size_t reader = 0; reader < read_.size(); ++reader)
    for (std::size_t unit = at / kUnit; unit * kUnit < at + bytes; ++unit)
      if (static_cast<int>(reader) != warp && read_[reader][unit] >= time)
        throw std::logic_error(
            "shared memory is written, and since the last barrier another warp's product read it");
}

void begin_store(const void* at, std::size_t bytes) {
  const BlockState& block = *current_thread().block;
  if (block.products.memory.is_used())
    block.products.memory.check_written(offset_of(at), bytes, warp_index(), block.barriers);
}
void note_store(void* at, std::size_t bytes) {
  current_thread().unshown.push_back({static_cast<std::byte*>(at), bytes});
}

void show_stores() {
  ThreadState& thread = current_thread();
  const BlockState& block = *thread.block;
  ProductMemory& memory = products().memory;
  for (const Store& store : thread.unshown)
    memory.show(block_shared(), store, warp_index(), block.barriers);
  thread.unshown.clear();
}

void begin_products() {
  warp_meet(&begin_place, nullptr, [](void* const[32]) { my_warp().begin(); });
}
void issue_product(const ProductCall& call) {
  ProductCall mine = call;
  warp_meet(&issue_place, &mine, [](void* const lanes[32]) {
    const ProductCall* calls[32];
    for (int l = 0; l < 32; ++l) calls[l] = static_cast<const ProductCall*>(lanes[l]);
    my_warp().issue(warp_index(), calls);
  });
}
void commit_products() {
  warp_meet(&commit_place, nullptr, [](void* const[32]) { my_warp().commit(); });
}
void await_products(int pending) {
  warp_meet(&await_place, &pending,
            [](void* const lanes[32]) { my_warp().await(*static_cast<const int*>(lanes[0])); });
}
void check_ended(const float* sums) {
  if (current_thread().index.x % 32 == 0 && my_warp().under_way(sums))
    throw std::logic_error("sums are taken of a product that is still under way");
}

}  // namespace flm::emulation
