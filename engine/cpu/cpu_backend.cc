// The CPU backend: the kernels of one instruction set under one oneTBB arena.
#include "engine/cpu/cpu_backend.h"

#include <algorithm>

#include "base/errors.h"
#include "engine/cpu/attention.h"
#include "engine/cpu/cpu_cost.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/kv_layout.h"
#include "engine/cpu/large_buffer.h"
#include "engine/cpu/matmul.h"
#include "engine/cpu/packed_matrix.h"
#include "engine/numerics/sine_cosine.h"
#include "engine/parallel/workers.h"

namespace flm {
namespace {

constexpr std::int64_t kRowGrain = 16;  // rows of a task of the row-wise operations

/// A table where the checkpoint has it: few of its rows are read.
class StoredTable : public PackedWeight {
 public:
  explicit StoredTable(WeightTable::Loaded source) : source_(std::move(source)) {}
  std::int64_t rows() const override { return source_.view.shape[0]; }
  std::int64_t columns() const override { return source_.view.shape[1]; }
  std::int64_t bytes() const override {
    return source_.view.elements() * static_cast<std::int64_t>(bytes_of(source_.view.dtype));
  }
  const TensorView& view() const { return source_.view; }

 private:
  const WeightTable::Loaded source_;
};

// What goes into a product, `width` wide.
Activations activations(const Rows& a, std::int64_t) { return {a.rows, a.stride}; }
Activations activations(const Normed& a, std::int64_t width) {
  return {.values = a.x,
          .stride = width,
          .norm = a.weight,
          .eps = a.eps,
          .kind = a.kind,
          .norm_bias = a.bias};
}
Activations activations(const Gated& a, std::int64_t width) {
  return {.values = a.gate_up,
          .stride = a.alone ? width : 2 * width,
          .gated = true,
          .activation = a.activation,
          .alone = a.alone};
}
Activations activations(const Attended&, std::int64_t) {
  throw InternalError("attention on the CPU leaves no operand");
}

MatmulOutput destination(const Assigned& c, std::int64_t) {
  return {.c = c.c, .stride = c.stride, .factor = c.factor, .cap = c.cap};
}
MatmulOutput destination(const Added& c, std::int64_t width) {
  return {.c = c.c, .stride = width, .x = c.x, .scale = c.scale};
}

class CpuBackend : public Backend {
 public:
  CpuBackend(int threads, const std::string& isa, bool bf16)
      : kernels_(choose_kernels(isa)),
        workers_(threads),
        bf16_(bf16),
        matmul_(kernels_, workers_, bf16) {}

  std::string isa() const override { return kernels_.isa; }
  bool in_host_memory() const override { return true; }
  std::int64_t head_chunk_bytes() const override { return kCpuHeadChunkBytes; }
  std::int64_t mlp_tile_rows() const override { return kCpuMlpTileRows; }

  float* acquire(std::int64_t bytes) const override {
    return static_cast<float*>(allocate_bytes(static_cast<std::size_t>(bytes)).release());
  }
  void release(float* memory, std::int64_t) const noexcept override { FreeBuffer()(memory); }

  std::unique_ptr<PackedWeight> pack(std::span<const MatrixSlice> slices) const override {
    auto packed = std::make_unique<PackedMatrix>(slices, bf16_);
    workers_.in_order(packed->panels(),
                      [&](std::int64_t panel) { packed->fill_panel(panel, slices); });
    return packed;
  }

  std::unique_ptr<PackedWeight> pack_table(const MatrixSlice& table) const override {
    return std::make_unique<StoredTable>(table.source);
  }

  void embed(const PackedWeight& table, std::span<const std::int32_t> ids, float scale,
             float* out) const override {
    const TensorView& view = dynamic_cast<const StoredTable&>(table).view();
    const std::int64_t width = table.columns();
    workers_.spread(static_cast<std::int64_t>(ids.size()), kRowGrain, [&](std::int64_t r) {
      widen(view, ids[static_cast<std::size_t>(r)] * width, width, out + r * width);
      kernels_.scale(out + r * width, scale, width);
    });
  }

  void rms_norm(const float* x, std::int64_t rows, std::span<const float> weight, float eps,
                float* out) const override {
    const auto n = static_cast<std::int64_t>(weight.size());
    workers_.spread(rows, kRowGrain, [&](std::int64_t r) {
      kernels_.rms_norm(x + r * n, weight.data(), n, eps, out + r * n);
    });
  }

  void norm_parts(float* x, std::int64_t stride, std::int64_t rows, int parts, std::int64_t width,
                  const NormRule& norm) const override {
    const bool apart = static_cast<std::int64_t>(norm.weight.size()) == parts * width;
    FLM_CHECK(apart || static_cast<std::int64_t>(norm.weight.size()) == width,
              "a norm's weight of one part or of all");
    workers_.spread(rows, kRowGrain, [&](std::int64_t r) {
      for (std::int64_t part = 0; part < parts; ++part) {
        float* at = x + r * stride + part * width;
        norm_row(at, width, {0, width}, norm, apart ? part * width : 0, at);
      }
    });
  }
  void norm_columns(const float* x, std::int64_t width, std::int64_t rows, Range columns,
                    const NormRule& norm, float* out, std::int64_t out_stride) const override {
    workers_.spread(rows, kRowGrain, [&](std::int64_t r) {
      norm_row(x + r * width, width, columns, norm, 0, out + r * out_stride);
    });
  }

  void scale_rows(float* x, std::int64_t stride, std::int64_t width,
                  std::span<const std::int32_t> positions,
                  const PositionFactors& factors) const override {
    workers_.spread(static_cast<std::int64_t>(positions.size()), kRowGrain, [&](std::int64_t r) {
      const auto position = static_cast<std::size_t>(positions[static_cast<std::size_t>(r)]);
      kernels_.scale(x + r * stride, factors.values[position], width);
    });
  }

  /// Norm and gate on the way into the matmul's blocks, the residual while c is in cache.
  void matmul(const ProductInput& a, std::int64_t rows, const PackedWeight& weight,
              std::span<const float> bias, const ProductOutput& c) const override {
    const auto rows_of = [&](const auto& input) { return activations(input, weight.columns()); };
    const auto place_of = [&](const auto& output) { return destination(output, weight.rows()); };
    matmul_.run(std::visit(rows_of, a), rows, dynamic_cast<const PackedMatrix&>(weight), bias,
                std::visit(place_of, c));
  }

  void rope(float* x, std::int64_t stride, int heads, std::span<const std::int32_t> positions,
            const RopeTable& table) const override {
    if (table.half == 0) return;
    workers_.spread(static_cast<std::int64_t>(positions.size()), kRowGrain, [&](std::int64_t r) {
      const std::int64_t at = positions[static_cast<std::size_t>(r)] * table.half;
      for (int head = 0; head < heads; ++head)
        kernels_.rope(x + r * stride + head * table.head_width(), table.cosines.data() + at,
                      table.sines.data() + at, static_cast<int>(table.half));
    });
  }

  std::int64_t kv_element_bytes() const override { return bf16_ ? 2 : sizeof(float); }

  void store_kv(const PackedBatch& batch, const float* keys, const float* values,
                std::int64_t stride, std::int64_t width, float* key_slots,
                float* value_slots) const override {
    const std::int64_t rows = batch.rows();
    with_words(key_slots, value_slots, [&](auto* key_words, auto* value_words) {
      workers_.spread((rows + kRowsStored - 1) / kRowsStored, 1, [&](std::int64_t group) {
        store_rows(batch, group * kRowsStored, std::min(rows, (group + 1) * kRowsStored), keys,
                   values, stride, width, key_words, value_words);
      });
    });
  }

  void copy_kv(std::span<const KvCopy> copies, std::int64_t width, float* key_slots,
               float* value_slots) const override {
    with_words(key_slots, value_slots, [&](auto* key_words, auto* value_words) {
      workers_.spread((width + 15) / 16, 1, [&](std::int64_t block) {
        copy_columns(copies, block * 16, width, key_words, value_words);
      });
    });
  }

  void attention(const PackedBatch& batch, const AttentionArgs& args) const override {
    const std::int64_t rows = batch.rows();
    const std::int64_t chunks = std::clamp<std::int64_t>(6 * workers_.threads() / args.kv_heads, 1,
                                                         std::max<std::int64_t>(rows / 4, 1));
    const std::int64_t parts = std::max(chunks, (rows + 1023) / 1024);
    // The last rows of a sequence see the most keys: first, so that no thread waits for them.
    workers_.in_order(parts * args.kv_heads, [&](std::int64_t task) {
      const std::int64_t part = parts - 1 - task / args.kv_heads;
      const auto attend = bf16_ ? attend_rows<std::uint32_t> : attend_rows<float>;
      attend(kernels_, batch, args, static_cast<int>(task % args.kv_heads),
             static_cast<std::int32_t>(rows * part / parts),
             static_cast<std::int32_t>(rows * (part + 1) / parts));
    });
  }

  void make_gated(const Gated& gated, std::int64_t rows, std::int64_t width,
                  void* out) const override {
    const std::int64_t stride = gated.alone ? width : 2 * width;
    workers_.spread(rows, kRowGrain, [&](std::int64_t r) {
      const float* gate = gated.gate_up + r * stride;
      kernels_.activate(gated.activation, gate, gated.alone ? nullptr : gate + width, width,
                        static_cast<float*>(out) + r * width);
    });
  }

  void add_residual(float* x, const float* delta, float scale, std::int64_t count) const override {
    constexpr std::int64_t kBlock = 16384;
    workers_.in_order((count + kBlock - 1) / kBlock, [&](std::int64_t block) {
      const std::int64_t at = block * kBlock;
      kernels_.add_scaled(x + at, delta + at, scale, std::min(kBlock, count - at));
    });
  }

  void softmax_stats(const float* logits, std::int64_t rows, std::int64_t width,
                     SoftmaxStats* stats) const override {
    workers_.in_order(
        rows, [&](std::int64_t r) { stats[r] = softmax_stats_of(logits + r * width, width); });
  }

  void largest_logits(const float* logits, std::int64_t rows, std::int64_t width,
                      RankedLogit* largest) const override {
    workers_.in_order(rows,
                      [&](std::int64_t r) { largest[r] = largest_of(logits + r * width, width); });
  }

  void exp_sums(const float* logits, std::int64_t rows, std::int64_t width, const float* largest,
                float* sums) const override {
    const std::int64_t blocks = (width + kLogitBlock - 1) / kLogitBlock;
    workers_.in_order(rows, [&](std::int64_t r) {
      for (std::int64_t block = 0; block < blocks; ++block) {
        const std::int64_t begin = block * kLogitBlock;
        sums[r * blocks + block] = kernels_.sum_exp(
            logits + r * width + begin, std::min(kLogitBlock, width - begin), largest[r]);
      }
    });
  }

  SoftmaxStats softmax_stats_of(const float* logits, std::int64_t width) const override {
    const auto [argmax, max] = largest_of(logits, width);
    return {max, kernels_.sum_exp(logits, width, max), argmax};
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
    workers_.spread(positions, kRowGrain, [&](std::int64_t p) {
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
  /// Slots of keys and values as what they hold (kv_layout.h).
  void with_words(float* keys, float* values, const auto& f) const {
    if (bf16_)
      f(reinterpret_cast<std::uint32_t*>(keys), reinterpret_cast<std::uint32_t*>(values));
    else
      f(keys, values);
  }

  RankedLogit largest_of(const float* logits, std::int64_t width) const {
    const float max = kernels_.max_value(logits, width);
    const float* at = std::find(logits, logits + width, max);
    return {at == logits + width ? 0 : static_cast<std::int32_t>(at - logits), max};
  }

  /// `columns` of the norm of a row go to `out`; its weights begin `skip` behind the rule's.
  void norm_row(const float* row, std::int64_t width, Range columns, const NormRule& norm,
                std::int64_t skip, float* out) const {
    const std::int64_t first = skip + columns.begin;
    const float *from = row + columns.begin, *weight = norm.weight.data() + first;
    if (norm.kind == NormKind::kRms)
      return kernels_.normalize(from, kernels_.inverse_rms(row, width, norm.eps), weight,
                                columns.size(), out);
    kernels_.centre(from, kernels_.moments(row, width, norm.eps), weight,
                    norm.bias.empty() ? nullptr : norm.bias.data() + first, columns.size(), out);
  }

  const Kernels& kernels_;
  const Workers workers_;
  const bool bf16_;
  mutable Matmul matmul_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(int threads, const std::string& isa, bool bf16) {
  return std::make_unique<CpuBackend>(threads, isa, bf16);
}

}  // namespace flm
