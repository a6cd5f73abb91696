// The CPU backend: the kernels of one instruction set under one oneTBB arena.
#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>

#include "base/errors.h"
#include "engine/backend.h"
#include "engine/cpu/attention.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/math64.h"
#include "engine/cpu/packed_matrix.h"

namespace flm {
namespace {

constexpr std::int64_t kRowTile =
    96;  // rows that share a panel while it is in cache; a multiple of 4, 6, 12
constexpr std::int64_t kDepthTile = 1024;  // k steps of one pass over the panels
static_assert(kDepthTile % kChain == 0, "chains begin at multiples of kChain whatever the pass");
constexpr std::int64_t kRowGrain = 16;  // rows of a task of the row-wise operations

/// dst [block][k][rows of the block]: what the register block reads in order.
void pack_activations(const float* a, std::int64_t stride, std::int64_t rows, std::int64_t k,
                      int block, float* dst) {
  for (std::int64_t r = 0; r < rows; r += block) {
    const std::int64_t height = std::min<std::int64_t>(block, rows - r);
    for (std::int64_t i = 0; i < height; ++i) {
      const float* source = a + (r + i) * stride;
      float* to = dst + r * k + i;
      for (std::int64_t step = 0; step < k; ++step) to[step * height] = source[step];
    }
  }
}

class CpuBackend : public Backend {
 public:
  CpuBackend(int threads, const std::string& isa)
      : kernels_(choose_kernels(isa)), threads_(threads), arena_(threads) {}

  std::string isa() const override { return kernels_.isa; }

  std::unique_ptr<PackedWeight> pack(std::span<const MatrixSlice> slices) const override {
    std::int64_t rows = 0;
    const std::int64_t columns = slices[0].column_end - slices[0].column_begin;
    for (const MatrixSlice& slice : slices) {
      FLM_CHECK(slice.column_end - slice.column_begin == columns,
                "stacked weights of different widths");
      rows += slice.row_end - slice.row_begin;
    }
    auto packed = std::make_unique<PackedMatrix>(rows, columns);
    parallel(packed->panels(), 1, [&](std::int64_t panel) { packed->fill_panel(panel, slices); });
    return packed;
  }

  void embed(const TensorView& table, std::span<const std::int32_t> ids, float scale,
             float* out) const override {
    const std::int64_t width = table.shape[1];
    parallel(static_cast<std::int64_t>(ids.size()), kRowGrain, [&](std::int64_t r) {
      widen(table, ids[static_cast<std::size_t>(r)] * width, width, out + r * width);
      kernels_.scale(out + r * width, scale, width);
    });
  }

  void rms_norm(const float* x, std::int64_t rows, std::span<const float> weight, float eps,
                float* out) const override {
    const auto n = static_cast<std::int64_t>(weight.size());
    parallel(rows, kRowGrain, [&](std::int64_t r) {
      kernels_.rms_norm(x + r * n, weight.data(), n, eps, out + r * n);
    });
  }

  void matmul(const float* a, std::int64_t a_stride, std::int64_t rows, const PackedWeight& weight,
              std::span<const float> bias, float* c, std::int64_t c_stride) const override {
    const auto& packed = dynamic_cast<const PackedMatrix&>(weight);
    const std::int64_t row_tiles = (rows + kRowTile - 1) / kRowTile;
    // Enough tasks to keep the threads even; more row tiles, fewer column groups, as each packs its
    // rows again.
    const std::int64_t wanted =
        std::max<std::int64_t>(1, 6 * threads_ / std::max<std::int64_t>(row_tiles, 1));
    const std::int64_t groups = std::min(threads_ == 1 ? 1 : wanted, packed.panels());
    parallel(row_tiles * groups, 1, [&](std::int64_t task) {
      const std::int64_t r = task / groups * kRowTile, g = task % groups;
      multiply_tile(a + r * a_stride, a_stride, std::min(kRowTile, rows - r), packed,
                    packed.panels() * g / groups, packed.panels() * (g + 1) / groups, bias,
                    c + r * c_stride, c_stride);
    });
  }

  void rope(float* x, std::int64_t stride, int heads, std::span<const std::int32_t> positions,
            const RopeTable& table) const override {
    parallel(static_cast<std::int64_t>(positions.size()), kRowGrain, [&](std::int64_t r) {
      const std::int64_t at = positions[static_cast<std::size_t>(r)] * table.half;
      for (int head = 0; head < heads; ++head)
        kernels_.rope(x + r * stride + head * 2 * table.half, table.cosines.data() + at,
                      table.sines.data() + at, static_cast<int>(table.half));
    });
  }

  void attention(const PackedBatch& batch, const AttentionArgs& args) const override {
    const std::int64_t rows = batch.rows();
    const std::int64_t chunks = std::clamp<std::int64_t>(8 * threads_ / args.kv_heads, 1,
                                                         std::max<std::int64_t>(rows / 4, 1));
    const std::int64_t parts = std::max(chunks, (rows + 1023) / 1024);
    parallel(parts * args.kv_heads, 1, [&](std::int64_t task) {
      const std::int64_t part = task / args.kv_heads;
      attend_rows(kernels_, batch, args, static_cast<int>(task % args.kv_heads),
                  static_cast<std::int32_t>(rows * part / parts),
                  static_cast<std::int32_t>(rows * (part + 1) / parts));
    });
  }

  void silu_mul(const float* x, std::int64_t rows, std::int64_t width, float* out) const override {
    parallel(rows, kRowGrain, [&](std::int64_t r) {
      const float* gate = x + r * 2 * width;
      kernels_.silu_mul(gate, gate + width, width, out + r * width);
    });
  }

  void add_residual(float* x, const float* delta, float scale, std::int64_t count) const override {
    constexpr std::int64_t kBlock = 16384;
    parallel((count + kBlock - 1) / kBlock, 1, [&](std::int64_t block) {
      const std::int64_t at = block * kBlock;
      kernels_.add_scaled(x + at, delta + at, scale, std::min(kBlock, count - at));
    });
  }

  void softmax_stats(float* logits, std::int64_t rows, std::int64_t width, float scale,
                     SoftmaxStats* stats) const override {
    parallel(rows, 1, [&](std::int64_t r) {
      kernels_.scale(logits + r * width, scale, width);
      stats[r] = softmax_stats_of(logits + r * width, width);
    });
  }

  SoftmaxStats softmax_stats_of(const float* logits, std::int64_t width) const override {
    SoftmaxStats stats;
    stats.max = kernels_.max_value(logits, width);
    stats.sum = kernels_.sum_exp(logits, width, stats.max);
    const float* at = std::find(logits, logits + width, stats.max);
    stats.argmax = at == logits + width ? 0 : static_cast<std::int32_t>(at - logits);
    return stats;
  }

  float exp_of(float x) const override {
    float result;
    kernels_.exp_values(&x, 1, &result);
    return result;
  }

  RopeTable rope_table(std::span<const double> frequencies, double factor,
                       std::int64_t positions) const override {
    const auto half = static_cast<std::int64_t>(frequencies.size());
    RopeTable table{positions, half, std::vector<float>(static_cast<std::size_t>(positions * half)),
                    std::vector<float>(static_cast<std::size_t>(positions * half))};
    parallel(positions, kRowGrain, [&](std::int64_t p) {
      for (std::int64_t i = 0; i < half; ++i) {
        const SinCos angle =
            sin_cos_double(static_cast<double>(p) * frequencies[static_cast<std::size_t>(i)]);
        table.cosines[static_cast<std::size_t>(p * half + i)] =
            static_cast<float>(angle.cosine * factor);
        table.sines[static_cast<std::size_t>(p * half + i)] =
            static_cast<float>(angle.sine * factor);
      }
    });
    return table;
  }

 private:
  template <class F>
  void parallel(std::int64_t count, std::int64_t grain, F f) const {
    if (count <= grain) {
      for (std::int64_t i = 0; i < count; ++i) f(i);
      return;
    }
    arena_.execute([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::int64_t>(0, count, static_cast<std::size_t>(grain)),
          [&](const tbb::blocked_range<std::int64_t>& range) {
            for (std::int64_t i = range.begin(); i < range.end(); ++i) f(i);
          },
          tbb::simple_partitioner());
    });
  }

  /// Up to 96 rows by the panels [first, last).
  void multiply_tile(const float* a, std::int64_t a_stride, std::int64_t rows,
                     const PackedMatrix& weight, std::int64_t first, std::int64_t last,
                     std::span<const float> bias, float* c, std::int64_t c_stride) const {
    std::vector<float>& packed = scratch_.local();
    packed.resize(static_cast<std::size_t>(kRowTile * kDepthTile));
    const int block = kernels_.row_block;
    for (std::int64_t k = 0; k < weight.columns(); k += kDepthTile) {
      const std::int64_t depth = std::min(kDepthTile, weight.columns() - k);
      pack_activations(a + k, a_stride, rows, depth, block, packed.data());
      for (std::int64_t panel = first; panel < last; ++panel) {
        const int columns =
            static_cast<int>(std::min<std::int64_t>(kPanel, weight.rows() - panel * kPanel));
        for (std::int64_t r = 0; r < rows; r += block)
          kernels_.matmul_block(packed.data() + r * depth,
                                static_cast<int>(std::min<std::int64_t>(block, rows - r)), depth,
                                weight.panel(panel) + k * kPanel, c + r * c_stride + panel * kPanel,
                                c_stride, columns, k == 0);
      }
    }
    if (!bias.empty())
      add_bias(rows, first * kPanel, std::min(last * kPanel, weight.rows()), bias, c, c_stride);
  }

  void add_bias(std::int64_t rows, std::int64_t begin, std::int64_t end,
                std::span<const float> bias, float* c, std::int64_t c_stride) const {
    for (std::int64_t r = 0; r < rows; ++r)
      kernels_.add_scaled(c + r * c_stride + begin, bias.data() + begin, 1.0f, end - begin);
  }

  const Kernels& kernels_;
  std::int64_t threads_;
  mutable tbb::task_arena arena_;
  mutable tbb::enumerable_thread_specific<std::vector<float>> scratch_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(int threads, const std::string& isa) {
  return std::make_unique<CpuBackend>(threads, isa);
}

}  // namespace flm
