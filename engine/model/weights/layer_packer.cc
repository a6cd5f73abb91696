#include "engine/model/weights/layer_packer.h"

#include <algorithm>
#include <cmath>

namespace flm {

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

LayerPacker::Parts LayerPacker::parts_of_qkv(int index) const {
  const TensorNames& names = config_.names;
  return {{names.in_layer(index, names.q), shard_.q},
          {names.in_layer(index, names.k), shard_.kv},
          {names.in_layer(index, names.v), shard_.kv}};
}

LayerPacker::Parts LayerPacker::parts_of_gate_up(int index) const {
  const TensorNames& names = config_.names;
  Parts parts;
  if (config_.block.gated)
    parts.push_back({names.in_layer(index, names.gate), shard_.intermediate});
  parts.push_back({names.in_layer(index, names.up), shard_.intermediate});
  return parts;
}

LayerVectors LayerPacker::vectors(int index) const {
  const TensorNames& names = config_.names;
  LayerVectors vectors;
  pack_norms(index, vectors);
  if (config_.qkv_bias) vectors.qkv_bias = biases(parts_of_qkv(index));
  if (config_.mlp_bias) vectors.gate_up_bias = biases(parts_of_gate_up(index));
  if (config_.o_bias) vectors.o_bias = biases({{names.in_layer(index, names.o), shard_.hidden}});
  if (config_.mlp_bias)
    vectors.down_bias = biases({{names.in_layer(index, names.down), shard_.hidden}});
  return vectors;
}

/// Matrices after the vectors: a backend waits for a product's matrix only, and uploads keep their
/// order (PackedVector).
std::shared_ptr<const LayerWeights> LayerPacker::layer(int index) const {
  const TensorNames& names = config_.names;
  auto weights = std::make_shared<LayerWeights>();
  static_cast<LayerVectors&>(*weights) = vectors(index);
  weights->qkv = rows(parts_of_qkv(index));
  weights->o = rows({{names.in_layer(index, names.o), shard_.hidden}});
  weights->gate_up = rows(parts_of_gate_up(index));
  weights->down = rows({{names.in_layer(index, names.down), shard_.hidden}});
  return weights;
}

PackedNorm LayerPacker::head_norm() const { return norm(config_.names.norm); }

std::shared_ptr<const HeadWeights> LayerPacker::head() const {
  auto weights = std::make_shared<HeadWeights>();
  weights->norm = head_norm();
  const std::string name = config_.tied ? config_.names.embedding : config_.names.head;
  if (shard_.vocab.size() == 0) return weights;
  weights->head = config_.block.unit_head_rows ? unit_rows(name) : rows({{name, shard_.vocab}});
  return weights;
}

std::vector<float> LayerPacker::vector(const std::string& name) const {
  const WeightTable::Loaded loaded = table_->load(name);
  std::vector<float> values(static_cast<std::size_t>(loaded.view.elements()));
  widen(loaded.view, 0, loaded.view.elements(), values.data());
  loaded.took(loaded.view.elements());
  return values;
}

PackedNorm LayerPacker::norm(const std::string& name) const {
  PackedNorm packed_norm{packed(stretched(vector(name + ".weight"))), {}};
  if (config_.block.norm_bias) packed_norm.bias = packed(vector(name + ".bias"));
  return packed_norm;
}
std::vector<float> LayerPacker::stretched(std::vector<float> weight) const {
  if (config_.block.norm_plus_one)
    for (float& value : weight) value += 1;
  return weight;
}

void LayerPacker::pack_norms(int index, LayerVectors& weights) const {
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
std::unique_ptr<PackedWeight> LayerPacker::unit_rows(const std::string& name) const {
  const WeightTable::Loaded loaded = table_->load(name + ".weight");
  const std::int64_t width = loaded.view.shape[1], count = shard_.vocab.size();
  const auto values = std::make_shared<std::vector<float>>(static_cast<std::size_t>(count * width));
  widen(loaded.view, shard_.vocab.begin * width, count * width, values->data());
  loaded.took(count * width);
  for (float* row = values->data(); row < values->data() + count * width; row += width) {
    double squares = 0;
    for (std::int64_t i = 0; i < width; ++i) squares += static_cast<double>(row[i]) * row[i];
    const double length = std::max(std::sqrt(squares), 1e-12);  // torch's, for a row of zeros
    for (std::int64_t i = 0; i < width; ++i) row[i] = static_cast<float>(row[i] / length);
  }
  MatrixSlice slice;
  slice.source = {{DType::kF32, {count, width}, reinterpret_cast<const std::byte*>(values->data())},
                  values};
  slice.row_end = count;
  slice.column_end = width;
  return backend_.pack({&slice, 1});
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
