#include "engine/model/weight_provider.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <utility>

#include "base/errors.h"

namespace flm {
namespace {

/// All of a matrix: its bytes, or its rule where the backend takes that.
MatrixSlice whole(const WeightTable& table, const std::string& name, const Backend& backend) {
  MatrixSlice slice;
  slice.name = name;
  if (backend.makes_weights()) slice.rule = table.rule(name);
  slice.source =
      slice.rule ? WeightTable::Loaded{table.described(name), nullptr} : table.load(name);
  slice.row_end = slice.source.view.shape[0];
  slice.column_end = slice.source.view.shape[1];
  return slice;
}

/// Reads tensors by name and packs one rank's share of them.
class LayerPacker {
 public:
  LayerPacker(const ModelConfig& config, std::shared_ptr<WeightTable> table, const ShardPlan& shard,
              const Backend& backend)
      : config_(config), table_(std::move(table)), shard_(shard), backend_(backend) {}

  std::shared_ptr<const LayerWeights> layer(int index) const {
    const TensorNames& names = config_.names;
    const auto named = [&](const std::string& name) { return names.in_layer(index, name); };
    const Parts qkv = {
        {named(names.q), shard_.q}, {named(names.k), shard_.kv}, {named(names.v), shard_.kv}};
    Parts gate_up = {{named(names.gate), shard_.intermediate},
                     {named(names.up), shard_.intermediate}};
    if (!config_.block.gated) gate_up.erase(gate_up.begin());
    auto weights = std::make_shared<LayerWeights>();
    pack_norms(index, *weights);
    if (config_.qkv_bias) weights->qkv_bias = biases(qkv);
    if (config_.mlp_bias) weights->gate_up_bias = biases(gate_up);
    if (config_.o_bias) weights->o_bias = biases({{named(names.o), shard_.hidden}});
    if (config_.mlp_bias) weights->down_bias = biases({{named(names.down), shard_.hidden}});
    // Matrices after the vectors: a backend waits for a product's matrix only, and uploads keep
    // their order (PackedVector).
    weights->qkv = rows(qkv);
    weights->o = rows({{named(names.o), shard_.hidden}});
    weights->gate_up = rows(gate_up);
    weights->down = rows({{named(names.down), shard_.hidden}});
    return weights;
  }

  std::shared_ptr<const HeadWeights> head() const {
    auto weights = std::make_shared<HeadWeights>();
    weights->norm = norm(config_.names.norm);
    const std::string name = config_.tied ? config_.names.embedding : config_.names.head;
    if (shard_.vocab.size() == 0) return weights;
    weights->head = config_.block.unit_head_rows ? unit_rows(name) : rows({{name, shard_.vocab}});
    return weights;
  }

 private:
  using Parts = std::vector<std::pair<std::string, Range>>;

  std::vector<float> vector(const std::string& name) const {
    const WeightTable::Loaded loaded = table_->load(name);
    std::vector<float> values(static_cast<std::size_t>(loaded.view.elements()));
    widen(loaded.view, 0, loaded.view.elements(), values.data());
    return values;
  }

  /// Of the residual stream.
  PackedNorm norm(const std::string& name) const {
    PackedNorm packed_norm{packed(stretched(vector(name + ".weight"))), {}};
    if (config_.block.norm_bias) packed_norm.bias = packed(vector(name + ".bias"));
    return packed_norm;
  }
  std::vector<float> stretched(std::vector<float> weight) const {
    if (config_.block.norm_plus_one)
      for (float& value : weight) value += 1;
    return weight;
  }

  void pack_norms(int index, LayerWeights& weights) const {
    const TensorNames& names = config_.names;
    const Block& block = config_.block;
    const auto of = [&](const std::string& name) { return norm(names.in_layer(index, name)); };
    if (block.norm_inputs) weights.attention_norm = of(names.attention_norm);
    if (block.norm_inputs && !block.parallel) weights.mlp_norm = of(names.mlp_norm);
    if (block.norm_outputs) {
      weights.attention_output_norm = of(names.attention_output_norm);
      weights.mlp_output_norm = of(names.mlp_output_norm);
    }
    if (block.head_norm == HeadNorm::kNone) return;
    const auto of_heads = [&](const std::string& name, Range part) {
      std::vector<float> all = stretched(vector(names.in_layer(index, name) + ".weight"));
      if (block.head_norm_apart) all = {all.begin() + part.begin, all.begin() + part.end};
      return PackedNorm{packed(all), {}};
    };
    weights.q_norm = of_heads(names.q_norm, shard_.q);
    weights.k_norm = of_heads(names.k_norm, shard_.kv);
  }

  /// This rank's rows of a matrix, each over its length, in fp32 before a backend rounds them.
  std::unique_ptr<PackedWeight> unit_rows(const std::string& name) const {
    const WeightTable::Loaded loaded = table_->load(name + ".weight");
    const std::int64_t width = loaded.view.shape[1], count = shard_.vocab.size();
    const auto values =
        std::make_shared<std::vector<float>>(static_cast<std::size_t>(count * width));
    widen(loaded.view, shard_.vocab.begin * width, count * width, values->data());
    for (float* row = values->data(); row < values->data() + count * width; row += width) {
      double squares = 0;
      for (std::int64_t i = 0; i < width; ++i) squares += static_cast<double>(row[i]) * row[i];
      const double length = std::max(std::sqrt(squares), 1e-12);  // torch's, for a row of zeros
      for (std::int64_t i = 0; i < width; ++i) row[i] = static_cast<float>(row[i] / length);
    }
    MatrixSlice slice;
    slice.source = {
        {DType::kF32, {count, width}, reinterpret_cast<const std::byte*>(values->data())}, values};
    slice.row_end = count;
    slice.column_end = width;
    return backend_.pack({&slice, 1});
  }

  PackedVector packed(const std::vector<float>& values) const {
    return backend_.pack_vector(values);
  }

  PackedVector biases(const Parts& parts) const {
    std::vector<float> values;
    for (const auto& [name, range] : parts) {
      const std::vector<float> whole = vector(name + ".bias");
      values.insert(values.end(), whole.begin() + range.begin, whole.begin() + range.end);
    }
    return packed(values);
  }

  std::unique_ptr<PackedWeight> rows(const Parts& parts) const {
    std::vector<MatrixSlice> slices;
    for (const auto& [name, range] : parts) {
      MatrixSlice slice = whole(*table_, name + ".weight", backend_);
      slice.row_begin = range.begin;
      slice.row_end = range.end;
      slices.push_back(std::move(slice));
    }
    return backend_.pack(slices);
  }

  const ModelConfig config_;
  const std::shared_ptr<WeightTable> table_;
  const ShardPlan shard_;
  const Backend& backend_;
};

class ResidentWeights : public WeightProvider {
 public:
  ResidentWeights(LayerPacker packer, int layers)
      : packer_(std::move(packer)), layers_(static_cast<std::size_t>(layers)) {}

  std::shared_ptr<const LayerWeights> layer(int index) override {
    auto& kept = layers_.at(static_cast<std::size_t>(index));
    if (!kept) kept = packer_.layer(index);
    return kept;
  }
  std::shared_ptr<const HeadWeights> head() override {
    if (!head_) head_ = packer_.head();
    return head_;
  }
  void prefetch(int) override {}
  void prefetch_head() override {}

 private:
  LayerPacker packer_;
  std::vector<std::shared_ptr<const LayerWeights>> layers_;
  std::shared_ptr<const HeadWeights> head_;
};

class StreamedWeights : public WeightProvider {
 public:
  explicit StreamedWeights(LayerPacker packer) : packer_(std::move(packer)) {}

  std::shared_ptr<const LayerWeights> layer(int index) override {
    if (next_.valid()) {
      std::shared_ptr<const LayerWeights> ready = next_.get();
      if (next_index_ == index) return ready;
    }
    return packer_.layer(index);
  }
  std::shared_ptr<const HeadWeights> head() override {
    return next_head_.valid() ? next_head_.get() : packer_.head();
  }
  void prefetch(int index) override {
    next_index_ = index;
    next_ = std::async(std::launch::async, [this, index] { return packer_.layer(index); });
  }
  void prefetch_head() override {
    next_head_ = std::async(std::launch::async, [this] { return packer_.head(); });
  }

 private:
  LayerPacker packer_;
  int next_index_ = -1;
  // They wait for their threads when destroyed: last members.
  std::future<std::shared_ptr<const LayerWeights>> next_;
  std::future<std::shared_ptr<const HeadWeights>> next_head_;
};

}  // namespace

std::unique_ptr<PackedWeight> pack_embedding(const ModelConfig& config, const WeightTable& table,
                                             const Backend& backend) {
  MatrixSlice slice = whole(table, config.names.embedding + ".weight", backend);
  slice.name.clear();  // packed once: a backend need not keep what it reads
  return backend.pack_table(slice);
}

std::unique_ptr<WeightProvider> make_resident_weights(const ModelConfig& config,
                                                      std::shared_ptr<WeightTable> table,
                                                      const ShardPlan& shard,
                                                      const Backend& backend) {
  return std::make_unique<ResidentWeights>(LayerPacker(config, std::move(table), shard, backend),
                                           config.layers);
}

std::unique_ptr<WeightProvider> make_streamed_weights(const ModelConfig& config,
                                                      std::shared_ptr<WeightTable> table,
                                                      const ShardPlan& shard,
                                                      const Backend& backend) {
  return std::make_unique<StreamedWeights>(LayerPacker(config, std::move(table), shard, backend));
}

}  // namespace flm
