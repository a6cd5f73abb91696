#include "engine/cpu/matmul.h"

#include <algorithm>

namespace flm {
namespace {

// A tile's pass of activations and of a panel (96 KiB at most) fit into 1 MiB of L2: the panel is
// read from outside once for many register blocks, so that a weight from memory is worth a hundred
// operations a byte, more than memory needs.
constexpr std::int64_t kTileValues = 160 << 10;  // 640 KiB
constexpr std::int64_t kManyBlocks = 4;
constexpr std::int64_t kTasksPerThread = 16;  // a thread waits for the last of them
constexpr std::int64_t kMostPanels = 8;       // of a task
constexpr std::int64_t kSerialCopy = 32768;   // values whose copy is not worth waking threads
static_assert(kPassDepth % kChain == 0 && 2 * kPassDepth % kBf16Chain == 0,
              "chains begin at multiples of kChain whatever the pass");

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// k of a pass: as few passes as can be, as long as each other. A short last one would pay for its
/// loads and stores of c with little work.
std::int64_t pass_depth(std::int64_t columns, bool bf16) {
  const std::int64_t most = bf16 ? 2 * kPassDepth : kPassDepth, unit = bf16 ? kBf16Chain : kChain;
  const std::int64_t passes = ceil_div(columns, most);
  return ceil_div(ceil_div(columns, passes), unit) * unit;
}

/// One product of activations in blocks.
struct Product {
  const Kernels& kernels;
  const float* a;
  std::int64_t rows;
  const PackedMatrix& weight;
  float* c;
  std::int64_t c_stride;
  bool bf16;  // `a` holds pairs of bf16
  std::int64_t depth = pass_depth(weight.columns(), bf16);

  std::int64_t tile_blocks() const {
    return std::max(kManyBlocks, kTileValues / (kernels.row_block * depth / (bf16 ? 2 : 1)));
  }

  /// Row blocks [block, block_end) by the panels [panel, panel_end).
  void tile(std::int64_t block, std::int64_t block_end, std::int64_t panel,
            std::int64_t panel_end) const {
    // Few blocks: all of k in one pass, so that the weights stream through in one go.
    const bool few = block_end - block < kManyBlocks;
    const std::int64_t columns = weight.columns(), step = few ? columns : depth;
    for (std::int64_t k = 0; k < columns; k += step)
      for (std::int64_t p = panel; p < panel_end; ++p)
        column(block, block_end, p, k, std::min(step, columns - k), few);
  }

 private:
  void column(std::int64_t block, std::int64_t block_end, std::int64_t panel, std::int64_t k,
              std::int64_t count, bool few) const {
    const std::int64_t height = kernels.row_block, chains = ceil_div(weight.columns(), kChain);
    const auto columns =
        static_cast<int>(std::min<std::int64_t>(kPanel, weight.rows() - panel * kPanel));
    for (std::int64_t b = block; b < block_end; ++b) {
      if (!few) fetch_next(panel, k, count, b - block, block_end - block);
      const float* from = a + (b * chains * kChain + k) * height;
      float* to = c + b * height * c_stride + panel * kPanel;
      const auto lines = static_cast<int>(std::min(height, rows - b * height));
      if (bf16)
        kernels.multiply_bf16(
            reinterpret_cast<const std::uint32_t*>(a) + (b * chains * kChain + k) / 2 * height,
            lines, count, weight.words(panel, k), to, c_stride, columns, k == 0);
      else if (weight.pairs())
        kernels.multiply_pairs(from, lines, count, weight.words(panel, k), to, c_stride, columns,
                               k == 0);
      else
        kernels.multiply_floats(from, lines, count, weight.floats(panel, k), to, c_stride, columns,
                                k == 0);
    }
  }

  /// Part `part` of `parts` of the next panel's weights on their way to L2, while this one is
  /// multiplied.
  void fetch_next(std::int64_t panel, std::int64_t k, std::int64_t count, std::int64_t part,
                  std::int64_t parts) const {
    if (panel + 1 >= weight.panels()) return;
    const std::int64_t words = (weight.pairs() ? ceil_div(count, 2) : count) * kPanel;
    const float* next = weight.pairs() ? reinterpret_cast<const float*>(weight.words(panel + 1, k))
                                       : weight.floats(panel + 1, k);
    for (std::int64_t i = words * part / parts / 16 * 16; i < words * (part + 1) / parts; i += 16)
      __builtin_prefetch(next + i, 0, 2);
  }
};

}  // namespace

/// The register block walks its block forwards, and no two of its rows fall on the same lines of L1
/// whatever the stride of `a`. `out` is where the row begins in its block.
void Matmul::copy_row(const Activations& a, std::int64_t row, std::int64_t k, float* out) const {
  const float* from = a.values + row * a.stride;
  const bool centred = !a.norm.empty() && a.kind == NormKind::kLayer;
  const RowMoments moments = centred ? kernels_.moments(from, k, a.eps) : RowMoments{};
  const float inverse = a.norm.empty() || centred ? 1 : kernels_.inverse_rms(from, k, a.eps);
  const std::int64_t height = kernels_.row_block;
  for (std::int64_t begin = 0; begin < k; begin += kChain) {
    const std::int64_t count = std::min(kChain, k - begin);
    alignas(64) float rounded[kChain];
    float* to = bf16_ ? rounded : out + begin * height;
    const float* values = to;
    if (centred)
      kernels_.centre(from + begin, moments, a.norm.data() + begin,
                      a.norm_bias.empty() ? nullptr : a.norm_bias.data() + begin, count, to);
    else if (!a.norm.empty())
      kernels_.normalize(from + begin, inverse, a.norm.data() + begin, count, to);
    else if (a.gated)
      kernels_.activate(a.activation, from + begin, a.alone ? nullptr : from + k + begin, count,
                        to);
    else if (bf16_)
      values = from + begin;
    else
      std::copy_n(from + begin, count, to);
    if (bf16_)
      kernels_.round_to_pairs(values, count,
                              reinterpret_cast<std::uint32_t*>(out) + begin / 2 * height);
  }
}

void Matmul::multiply(std::int64_t rows, const PackedMatrix& weight, std::span<const float> bias,
                      const MatmulOutput& out) const {
  const Product product{kernels_, blocks_.get(), rows, weight, out.c, out.stride, bf16_};
  const std::int64_t height = kernels_.row_block, blocks = ceil_div(rows, height);
  const std::int64_t tiles = ceil_div(blocks, product.tile_blocks());
  const bool few = blocks < kManyBlocks;
  const std::int64_t wanted = ceil_div(kTasksPerThread * workers_.threads(), tiles);
  const std::int64_t groups =
      few ? weight.panels()
          : std::clamp(wanted, ceil_div(weight.panels(), kMostPanels), weight.panels());
  const auto task = [&](std::int64_t index) {
    const std::int64_t tile = index / groups, group = index % groups;
    const std::int64_t block = blocks * tile / tiles, block_end = blocks * (tile + 1) / tiles;
    const std::int64_t panel = weight.panels() * group / groups,
                       panel_end = weight.panels() * (group + 1) / groups;
    product.tile(block, block_end, panel, panel_end);
    const std::int64_t begin = panel * kPanel, end = std::min(panel_end * kPanel, weight.rows());
    finish(block * height, std::min(block_end * height, rows), begin, end, bias, out);
  };
  // Few blocks: each thread streams its own stretch of the weights. Many: a thread stays with its
  // tile of activations, which its L2 holds, and walks the panels next to the others.
  if (few)
    workers_.in_ranges(groups * tiles, task);
  else
    workers_.in_order(groups * tiles, task);
}

/// What follows the product of rows [row, row_end) and columns [begin, end), while c is in cache.
void Matmul::finish(std::int64_t row, std::int64_t row_end, std::int64_t begin, std::int64_t end,
                    std::span<const float> bias, const MatmulOutput& out) const {
  const std::int64_t first = row * out.stride + begin, width = end - begin;
  if (!bias.empty() || out.factor != 1 || out.cap > 0)
    for (std::int64_t r = row; r < row_end; ++r) {
      float* c = out.c + r * out.stride + begin;
      if (!bias.empty()) kernels_.add_scaled(c, bias.data() + begin, 1.0f, width);
      if (out.factor != 1) kernels_.scale(c, out.factor, width);
      if (out.cap > 0) kernels_.cap(c, out.cap, width);
    }
  if (out.x)
    kernels_.add_scaled_rows(out.x + first, out.c + first, out.scale, row_end - row, out.stride,
                             width);
}

void Matmul::run(const Activations& a, std::int64_t rows, const PackedMatrix& weight,
                 std::span<const float> bias, const MatmulOutput& out) {
  const std::int64_t height = kernels_.row_block, k = weight.columns();
  const std::int64_t block_size = ceil_div(k, kChain) * kChain * height;
  const std::int64_t most = std::clamp(kMostCopiedValues / block_size, std::int64_t{1},
                                       ceil_div(kMostCopiedRows, height));
  for (std::int64_t first = 0; first < rows; first += most * height) {
    const std::int64_t count = std::min(most * height, rows - first);
    const std::int64_t blocks = ceil_div(count, height);
    if (size_ < blocks * block_size) {
      size_ = blocks * block_size;
      blocks_ = allocate_floats(size_);
    }
    const std::int64_t words = bf16_ ? 2 : 1;  // values of one
    const auto copy = [&](std::int64_t block) {
      for (std::int64_t r = 0; r < std::min(height, count - block * height); ++r)
        copy_row(a, first + block * height + r, k,
                 blocks_.get() + block * block_size / words + r * kChain / words);
    };
    workers_.spread(blocks, std::max<std::int64_t>(1, kSerialCopy / block_size), copy);
    multiply(count, weight, bias,
             {out.c + first * out.stride, out.stride, out.factor,
              out.x ? out.x + first * out.stride : nullptr, out.scale, out.cap});
  }
}

}  // namespace flm
