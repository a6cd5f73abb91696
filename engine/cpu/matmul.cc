#include "engine/cpu/matmul.h"

#include <algorithm>

namespace flm {
namespace {

// A tile's pass of activations (20 register blocks of 14 x 512 fp32: 560 KiB) and of a panel
// (512 x 32 fp32: 64 KiB) fit into 1 MiB of L2: the panel is read from outside once for 20 register
// blocks, so that a weight from memory is worth 140 operations a byte, more than memory needs.
constexpr std::int64_t kTileBlocks = 20;
constexpr std::int64_t kBlocksToWiden = 4;
constexpr std::int64_t kTasksPerThread = 16;  // a thread waits for the last of them
constexpr std::int64_t kMostPanels = 8;       // of a task
constexpr std::int64_t kSerialCopy = 32768;   // values whose copy is not worth waking threads
static_assert(kPassDepth % kChain == 0 && kPassDepth % kBf16Chain == 0,
              "chains begin at multiples of kChain whatever the pass");

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// One product of activations in blocks.
struct Product {
  const Kernels& kernels;
  const float* a;
  std::int64_t rows;
  const PackedMatrix& weight;
  float* c;
  std::int64_t c_stride;
  bool bf16;  // `a` holds pairs of bf16

  /// Row blocks [block, block_end) by the panels [panel, panel_end).
  void tile(std::int64_t block, std::int64_t block_end, std::int64_t panel,
            std::int64_t panel_end) const {
    // Few blocks: all of k in one pass, so that the weights stream through in one go, bf16 ones as
    // they are. Many: widening a panel once is cheaper than in each block.
    const bool few = block_end - block < kBlocksToWiden;
    const std::int64_t depth = few ? weight.columns() : kPassDepth;
    for (std::int64_t k = 0; k < weight.columns(); k += depth)
      for (std::int64_t p = panel; p < panel_end; ++p)
        column(block, block_end, p, k, std::min(depth, weight.columns() - k), few);
  }

 private:
  void column(std::int64_t block, std::int64_t block_end, std::int64_t panel, std::int64_t k,
              std::int64_t depth, bool few) const {
    alignas(64) float widened[kPassDepth * kPanel];
    const bool narrow = weight.pairs() && few;
    const float* floats = weight.pairs() ? widened : weight.floats(panel, k);
    if (weight.pairs() && !few && !bf16)
      kernels.widen_pairs(weight.words(panel, k), ceil_div(depth, 2), widened);
    const std::int64_t height = kernels.row_block, chains = ceil_div(weight.columns(), kChain);
    const auto columns =
        static_cast<int>(std::min<std::int64_t>(kPanel, weight.rows() - panel * kPanel));
    for (std::int64_t b = block; b < block_end; ++b) {
      const float* from = a + (b * chains * kChain + k) * height;
      float* to = c + b * height * c_stride + panel * kPanel;
      const auto count = static_cast<int>(std::min(height, rows - b * height));
      if (bf16)
        kernels.multiply_bf16(
            reinterpret_cast<const std::uint32_t*>(a) + (b * chains * kChain + k) / 2 * height,
            count, depth, weight.words(panel, k), to, c_stride, columns, k == 0);
      else if (narrow)
        kernels.multiply_pairs(from, count, depth, weight.words(panel, k), to, c_stride, columns,
                               k == 0);
      else
        kernels.multiply_floats(from, count, depth, floats, to, c_stride, columns, k == 0);
    }
  }
};

}  // namespace

/// The register block walks its block forwards, and no two of its rows fall on the same lines of L1
/// whatever the stride of `a`.
void Matmul::copy_block(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t k,
                        float* out) const {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t begin = 0; begin < k; begin += kChain)
      if (bf16_)
        kernels_.round_to_pairs(a + r * a_stride + begin, std::min(kChain, k - begin),
                                reinterpret_cast<std::uint32_t*>(out) +
                                    begin / 2 * kernels_.row_block + r * (kChain / 2));
      else
        std::copy_n(a + r * a_stride + begin, std::min(kChain, k - begin),
                    out + begin * kernels_.row_block + r * kChain);
}

void Matmul::multiply(std::int64_t rows, const PackedMatrix& weight, std::span<const float> bias,
                      float* c, std::int64_t c_stride) const {
  const Product product{kernels_, blocks_.get(), rows, weight, c, c_stride, bf16_};
  const std::int64_t height = kernels_.row_block, blocks = ceil_div(rows, height);
  const std::int64_t tiles = ceil_div(blocks, kTileBlocks);
  const std::int64_t wanted = ceil_div(kTasksPerThread * workers_.threads(), tiles);
  const std::int64_t groups =
      std::clamp(wanted, ceil_div(weight.panels(), kMostPanels), weight.panels());
  workers_.in_order(groups * tiles, [&](std::int64_t task) {
    const std::int64_t tile = task % tiles, group = task / tiles;
    const std::int64_t block = blocks * tile / tiles, block_end = blocks * (tile + 1) / tiles;
    const std::int64_t panel = weight.panels() * group / groups,
                       panel_end = weight.panels() * (group + 1) / groups;
    product.tile(block, block_end, panel, panel_end);
    if (bias.empty()) return;
    const std::int64_t begin = panel * kPanel, end = std::min(panel_end * kPanel, weight.rows());
    for (std::int64_t r = block * height; r < std::min(block_end * height, rows); ++r)
      kernels_.add_scaled(c + r * c_stride + begin, bias.data() + begin, 1.0f, end - begin);
  });
}

void Matmul::run(const float* a, std::int64_t a_stride, std::int64_t rows,
                 const PackedMatrix& weight, std::span<const float> bias, float* c,
                 std::int64_t c_stride) {
  const std::int64_t height = kernels_.row_block, k = weight.columns();
  const std::int64_t block_size = ceil_div(k, kChain) * kChain * height;
  const std::int64_t most =
      std::clamp(kMostCopiedValues / block_size, std::int64_t{1}, kMostCopiedRows / height);
  for (std::int64_t row = 0; row < rows; row += most * height) {
    const std::int64_t count = std::min(most * height, rows - row);
    const std::int64_t blocks = ceil_div(count, height);
    if (size_ < blocks * block_size) {
      size_ = blocks * block_size;
      blocks_ = allocate_floats(size_);
    }
    const auto copy = [&](std::int64_t block) {
      copy_block(a + (row + block * height) * a_stride, a_stride,
                 std::min(height, count - block * height), k,
                 blocks_.get() + block * block_size / (bf16_ ? 2 : 1));
    };
    workers_.spread(blocks, std::max<std::int64_t>(1, kSerialCopy / block_size), copy);
    multiply(count, weight, bias, c + row * c_stride, c_stride);
  }
}

}  // namespace flm
