#include "engine/model/layer_packer.h"

namespace flm {
namespace {

std::string attention_of(int layer) {
  return "model.layers." + std::to_string(layer) + ".self_attn.";
}
std::string mlp_of(int layer) { return "model.layers." + std::to_string(layer) + ".mlp."; }

}  // namespace

MatrixSlice whole_matrix(const WeightTable& table, const std::string& name,
                         const Backend& backend) {
  MatrixSlice slice;
  slice.name = name;
  if (backend.makes_weights()) slice.rule = table.rule(name);
  slice.source =
      slice.rule ? WeightTable::Loaded{table.described(name), nullptr} : table.load(name);
  slice.row_end = slice.source.view.shape[0];
  slice.column_end = slice.source.view.shape[1];
  return slice;
}

LayerWeights LayerPacker::vectors(int index) const {
  const std::string prefix = "model.layers." + std::to_string(index) + ".",
                    attention = attention_of(index), mlp = mlp_of(index);
  LayerWeights weights;
  weights.attention_norm = packed(vector(prefix + "input_layernorm.weight"));
  weights.mlp_norm = packed(vector(prefix + "post_attention_layernorm.weight"));
  if (config_.qkv_bias)
    weights.qkv_bias = biases({{attention + "q_proj", shard_.q},
                               {attention + "k_proj", shard_.kv},
                               {attention + "v_proj", shard_.kv}});
  if (config_.mlp_bias)
    weights.gate_up_bias =
        biases({{mlp + "gate_proj", shard_.intermediate}, {mlp + "up_proj", shard_.intermediate}});
  if (config_.o_bias) weights.o_bias = biases({{attention + "o_proj", shard_.hidden}});
  if (config_.mlp_bias) weights.down_bias = biases({{mlp + "down_proj", shard_.hidden}});
  return weights;
}

/// Matrices after the vectors: a backend waits for a product's matrix only, and uploads keep their
/// order (PackedVector).
std::shared_ptr<const LayerWeights> LayerPacker::layer(int index) const {
  const std::string attention = attention_of(index), mlp = mlp_of(index);
  auto weights = std::make_shared<LayerWeights>(vectors(index));
  weights->qkv = rows({{attention + "q_proj", shard_.q},
                       {attention + "k_proj", shard_.kv},
                       {attention + "v_proj", shard_.kv}});
  weights->o = rows({{attention + "o_proj", shard_.hidden}});
  weights->gate_up =
      rows({{mlp + "gate_proj", shard_.intermediate}, {mlp + "up_proj", shard_.intermediate}});
  weights->down = rows({{mlp + "down_proj", shard_.hidden}});
  return weights;
}

PackedVector LayerPacker::head_norm() const { return packed(vector("model.norm.weight")); }

std::shared_ptr<const HeadWeights> LayerPacker::head() const {
  auto weights = std::make_shared<HeadWeights>();
  weights->norm = head_norm();
  const std::string name = config_.tied ? "model.embed_tokens" : "lm_head";
  if (shard_.vocab.size() > 0) weights->head = rows({{name, shard_.vocab}});
  return weights;
}

std::vector<float> LayerPacker::vector(const std::string& name) const {
  const WeightTable::Loaded loaded = table_->load(name);
  std::vector<float> values(static_cast<std::size_t>(loaded.view.elements()));
  widen(loaded.view, 0, loaded.view.elements(), values.data());
  return values;
}

PackedVector LayerPacker::biases(const Parts& parts) const {
  std::vector<float> values;
  for (const auto& [name, range] : parts) {
    const std::vector<float> whole = vector(name + ".bias");
    values.insert(values.end(), whole.begin() + range.begin, whole.begin() + range.end);
  }
  return packed(values);
}

std::unique_ptr<PackedWeight> LayerPacker::rows(const Parts& parts) const {
  std::vector<MatrixSlice> slices;
  for (const auto& [name, range] : parts) {
    MatrixSlice slice = whole_matrix(*table_, name + ".weight", backend_);
    slice.row_begin = range.begin;
    slice.row_end = range.end;
    slices.push_back(std::move(slice));
  }
  return backend_.pack(slices);
}

}  // namespace flm
