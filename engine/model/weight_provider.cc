#include "engine/model/weight_provider.h"

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
    const std::string prefix = "model.layers." + std::to_string(index) + ".";
    const std::string attention = prefix + "self_attn.", mlp = prefix + "mlp.";
    auto weights = std::make_shared<LayerWeights>();
    weights->attention_norm = packed(vector(prefix + "input_layernorm.weight"));
    weights->mlp_norm = packed(vector(prefix + "post_attention_layernorm.weight"));
    if (config_.qkv_bias)
      weights->qkv_bias = biases({{attention + "q_proj", shard_.q},
                                  {attention + "k_proj", shard_.kv},
                                  {attention + "v_proj", shard_.kv}});
    if (config_.mlp_bias)
      weights->gate_up_bias = biases(
          {{mlp + "gate_proj", shard_.intermediate}, {mlp + "up_proj", shard_.intermediate}});
    if (config_.o_bias) weights->o_bias = biases({{attention + "o_proj", shard_.hidden}});
    if (config_.mlp_bias) weights->down_bias = biases({{mlp + "down_proj", shard_.hidden}});
    // Matrices after the vectors: a backend waits for a product's matrix only, and uploads keep
    // their order (PackedVector).
    weights->qkv = rows({{attention + "q_proj", shard_.q},
                         {attention + "k_proj", shard_.kv},
                         {attention + "v_proj", shard_.kv}});
    weights->o = rows({{attention + "o_proj", shard_.hidden}});
    weights->gate_up =
        rows({{mlp + "gate_proj", shard_.intermediate}, {mlp + "up_proj", shard_.intermediate}});
    weights->down = rows({{mlp + "down_proj", shard_.hidden}});
    return weights;
  }

  std::shared_ptr<const HeadWeights> head() const {
    auto weights = std::make_shared<HeadWeights>();
    weights->norm = packed(vector("model.norm.weight"));
    const std::string name = config_.tied ? "model.embed_tokens" : "lm_head";
    if (shard_.vocab.size() > 0) weights->head = rows({{name, shard_.vocab}});
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

std::unique_ptr<PackedWeight> pack_embedding(const WeightTable& table, const Backend& backend) {
  MatrixSlice slice = whole(table, "model.embed_tokens.weight", backend);
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
