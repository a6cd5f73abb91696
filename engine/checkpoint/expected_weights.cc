#include "engine/checkpoint/weight_table.h"

namespace flm {
namespace {

/// The tensors of a model, in canonical order.
class Specs {
 public:
  explicit Specs(const ModelConfig& config) : c_(config), names_(config.names) {}

  std::vector<WeightSpec> all() {
    out_.push_back({names_.embedding + ".weight", {c_.vocab_rows, c_.hidden}, InnerAxis::kRows});
    for (int layer = 0; layer < c_.layers; ++layer) add_layer(layer);
    add_norm(names_.norm);
    if (!c_.tied)
      out_.push_back({names_.head + ".weight", {c_.vocab_rows, c_.hidden}, InnerAxis::kRows});
    return std::move(out_);
  }

 private:
  /// Of the residual stream.
  void add_norm(const std::string& name) {
    out_.push_back({name + ".weight", {c_.hidden}, InnerAxis::kNone});
    if (c_.block.norm_bias) out_.push_back({name + ".bias", {c_.hidden}, InnerAxis::kNone});
  }

  /// Of queries or keys: one weight for all heads, or one for each.
  void add_head_norm(const std::string& name, std::int64_t heads) {
    const HeadNorm kind = c_.block.head_norm;
    if (kind == HeadNorm::kNone) return;
    const bool all = kind == HeadNorm::kWholeProjection || c_.block.head_norm_apart;
    out_.push_back({name + ".weight", {all ? heads * c_.head_dim : c_.head_dim}, InnerAxis::kNone});
  }

  /// "PREFIX.weight" and, where `bias`, "PREFIX.bias". A bias has its weight's rows.
  void add_linear(const std::string& prefix, std::int64_t rows, std::int64_t columns,
                  InnerAxis inner, bool bias) {
    out_.push_back({prefix + ".weight", {rows, columns}, inner});
    if (bias)
      out_.push_back({prefix + ".bias",
                      {rows},
                      inner == InnerAxis::kRows ? InnerAxis::kRows : InnerAxis::kNone});
  }

  void add_layer(int layer) {
    const auto named = [&](const std::string& name) { return names_.in_layer(layer, name); };
    const Block& block = c_.block;
    const std::int64_t h = c_.hidden, f = c_.intermediate, d = c_.head_dim;
    const std::int64_t q = c_.heads * d, kv = c_.kv_heads * d;
    if (block.norm_inputs) add_norm(named(names_.attention_norm));
    add_linear(named(names_.q), q, h, InnerAxis::kRows, c_.qkv_bias);
    add_linear(named(names_.k), kv, h, InnerAxis::kRows, c_.qkv_bias);
    add_linear(named(names_.v), kv, h, InnerAxis::kRows, c_.qkv_bias);
    add_head_norm(named(names_.q_norm), c_.heads);
    add_head_norm(named(names_.k_norm), c_.kv_heads);
    add_linear(named(names_.o), h, q, InnerAxis::kColumns, c_.o_bias);
    if (block.norm_outputs) add_norm(named(names_.attention_output_norm));
    if (block.norm_inputs && !block.parallel) add_norm(named(names_.mlp_norm));
    if (block.gated) add_linear(named(names_.gate), f, h, InnerAxis::kRows, c_.mlp_bias);
    add_linear(named(names_.up), f, h, InnerAxis::kRows, c_.mlp_bias);
    add_linear(named(names_.down), h, f, InnerAxis::kColumns, c_.mlp_bias);
    if (block.norm_outputs) add_norm(named(names_.mlp_output_norm));
  }

  const ModelConfig& c_;
  const TensorNames& names_;
  std::vector<WeightSpec> out_;
};

}  // namespace

std::vector<WeightSpec> expected_weights(const ModelConfig& config) { return Specs(config).all(); }

}  // namespace flm
