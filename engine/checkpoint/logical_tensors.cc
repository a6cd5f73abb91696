#include "engine/checkpoint/logical_tensors.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/checkpoint/trainers/tiling.h"

namespace flm {
namespace {

class Rearrangement {
 public:
  Rearrangement(std::vector<StoredTensor> stored, const ModelConfig& config, Faults& faults)
      : config_(config), names_(config.names), faults_(faults) {
    for (StoredTensor& tensor : stored) {
      std::string name = tensor.name;
      tensors_.emplace(std::move(name), std::move(tensor));
    }
  }

  std::vector<StoredTensor> run() {
    for (int layer = 0; layer < config_.layers; ++layer) {
      if (!names_.qkv.empty()) cut_qkv(layer);
      if (!names_.gate_up.empty()) cut_gate_up(layer);
      if (config_.block.head_norm_apart) join_head_norms(layer);
      if (names_.rotary_pairs) order_halves(layer);
    }
    std::vector<StoredTensor> all;
    for (auto& [name, tensor] : tensors_) all.push_back(std::move(tensor));
    return all;
  }

 private:
  using Parts = std::vector<StoredTensor>;

  /// Taken out where it is there, of a dtype of weights and of as many rows as it must have.
  bool take(const std::string& name, bool needed, std::int64_t rows, StoredTensor& out) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
      if (needed) faults_.add("missing", name);
      return false;
    }
    const StoredTensor& tensor = found->second;
    if (!tensor.dtype) faults_.add(kNoWeight, name + " " + tensor.dtype_name);
    const bool fits = !tensor.shape.empty() && tensor.shape[0] == rows;
    if (!fits)
      faults_.add("wrong shape", name + " expected " + std::to_string(rows) + " rows found " +
                                     shape_text(tensor.shape));
    if (!tensor.dtype || !fits) return false;
    out = std::move(found->second);
    tensors_.erase(found);
    return true;
  }

  void put(const std::string& name, StoredTensor tensor) {
    if (!tensors_.emplace(name, renamed(std::move(tensor), name)).second)
      faults_.add("stands by itself and in another tensor", name);
  }

  template <class Cut>
  void cut_rows(int layer, const std::string& name, std::int64_t rows, bool bias, Cut cut_one) {
    StoredTensor whole;
    for (const std::string suffix : {".weight", ".bias"})
      if (take(names_.in_layer(layer, name) + suffix, suffix == ".weight" || bias, rows, whole))
        cut_one(whole, suffix);
  }

  void cut_gate_up(int layer) {
    const std::int64_t f = config_.intermediate;
    cut_rows(layer, names_.gate_up, 2 * f, config_.mlp_bias,
             [&](const StoredTensor& whole, const std::string& suffix) {
               put(names_.in_layer(layer, names_.gate) + suffix, cut(whole, 0, 0, f));
               put(names_.in_layer(layer, names_.up) + suffix, cut(whole, 0, f, 2 * f));
             });
  }

  /// q, k, v one behind the other: once, or for each key head (its queries, its key, its value).
  void cut_qkv(int layer) {
    const std::int64_t d = config_.head_dim, groups = names_.qkv_by_group ? config_.kv_heads : 1;
    const std::int64_t q = config_.heads / groups * d, kv = config_.kv_heads / groups * d;
    cut_rows(layer, names_.qkv, groups * (q + 2 * kv), config_.qkv_bias,
             [&](const StoredTensor& whole, const std::string& suffix) {
               Parts queries, keys, values;
               for (std::int64_t g = 0, row = 0; g < groups; ++g, row += q + 2 * kv) {
                 queries.push_back(cut(whole, 0, row, row + q));
                 keys.push_back(cut(whole, 0, row + q, row + q + kv));
                 values.push_back(cut(whole, 0, row + q + kv, row + q + 2 * kv));
               }
               put(names_.in_layer(layer, names_.q) + suffix, joined(queries, 0));
               put(names_.in_layer(layer, names_.k) + suffix, joined(keys, 0));
               put(names_.in_layer(layer, names_.v) + suffix, joined(values, 0));
             });
  }

  /// The norms of heads, each a tensor [head_dim] or a row of [heads, head_dim].
  Parts norms_of_heads(const std::string& prefix, int heads) {
    Parts parts;
    StoredTensor one;
    const auto add = [&](StoredTensor norm) {
      if (norm.shape == std::vector<std::int64_t>{config_.head_dim})
        parts.push_back(std::move(norm));
      else
        faults_.add("wrong shape", norm.name + " expected " + shape_text({config_.head_dim}) +
                                       " for each head found " + shape_text(norm.shape));
    };
    if (names_.head_norms_apart) {
      for (int head = 0; head < heads; ++head)
        if (take(prefix + ".norms." + std::to_string(head) + ".weight", true, config_.head_dim,
                 one))
          add(std::move(one));
    } else if (take(prefix + ".weight", true, heads, one)) {
      for (int head = 0; head < heads; ++head) add(element_of(one, head));
    }
    return parts;
  }

  /// To [heads * head_dim], in one dtype: a tensor has one.
  void join_head_norms(int layer) {
    for (const auto& [name, heads] :
         {std::pair(names_.q_norm, config_.heads), std::pair(names_.k_norm, config_.kv_heads)}) {
      const std::string prefix = names_.in_layer(layer, name);
      const Parts parts = norms_of_heads(prefix, heads);
      if (static_cast<int>(parts.size()) < heads) continue;  // a fault was told
      const auto other = std::find_if(parts.begin(), parts.end(), [&](const StoredTensor& part) {
        return part.dtype != parts[0].dtype;
      });
      if (other != parts.end())
        faults_.add("a layer's norms of heads must be of one dtype, save them so",
                    parts[0].name + " " + parts[0].dtype_name + ", " + other->name + " " +
                        other->dtype_name);
      else
        put(prefix + ".weight", joined(parts, 0));
    }
  }

  /// Rows 0, 2, 4 ... of each head's turned part, then 1, 3, 5 ..., then the rest.
  StoredTensor halves(const StoredTensor& tensor) const {
    Parts parts;
    for (std::int64_t row = 0; row < tensor.shape[0]; row += config_.head_dim) {
      const StoredTensor turned = cut(tensor, 0, row, row + config_.turned());
      for (const std::int64_t first : {0, 1}) parts.push_back(every(turned, first, 2));
      parts.push_back(cut(tensor, 0, row + config_.turned(), row + config_.head_dim));
    }
    return joined(parts, 0);
  }

  void order_halves(int layer) {
    std::vector<std::pair<std::string, int>> turned;
    for (const std::string suffix : {".weight", ".bias"}) {
      turned.emplace_back(names_.q + suffix, config_.heads);
      turned.emplace_back(names_.k + suffix, config_.kv_heads);
    }
    if (config_.block.head_norm != HeadNorm::kNone)
      for (const auto& [name, heads] :
           {std::pair(names_.q_norm, config_.heads), std::pair(names_.k_norm, config_.kv_heads)})
        turned.emplace_back(name + ".weight", config_.block.head_norm_apart ? heads : 1);
    for (const auto& [name, heads] : turned) {
      StoredTensor whole;
      if (take(names_.in_layer(layer, name), false, std::int64_t{heads} * config_.head_dim, whole))
        put(names_.in_layer(layer, name), halves(whole));
    }
  }

  const ModelConfig& config_;
  const TensorNames& names_;
  Faults& faults_;
  std::map<std::string, StoredTensor> tensors_;
};

}  // namespace

std::vector<StoredTensor> logical_tensors(std::vector<StoredTensor> stored,
                                          const ModelConfig& config, Faults& faults) {
  const TensorNames& names = config.names;
  if (names.qkv.empty() && names.gate_up.empty() && !names.rotary_pairs &&
      !config.block.head_norm_apart)
    return stored;
  return Rearrangement(std::move(stored), config, faults).run();
}

}  // namespace flm
