// Leases on the weights of one layer, packed for the backend: kept, or packed anew from the file
// each time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/parallel/shard.h"

namespace flm {

/// A norm's weight, to which the stored 1 is added, and its bias.
struct PackedNorm {
  PackedVector weight, bias;
};

/// The small part of a layer.
struct LayerVectors {
  // [hidden]; empty where the block has none
  PackedNorm attention_norm, mlp_norm, attention_output_norm, mlp_output_norm;
  PackedNorm q_norm, k_norm;                               // Block::head_norm
  PackedVector qkv_bias, o_bias, gate_up_bias, down_bias;  // empty: none
};

/// One rank's share of a layer: outputs of each product, over all of its inputs. q, k, v and gate,
/// up are fused after sharding.
struct LayerWeights : LayerVectors {
  std::unique_ptr<PackedWeight> qkv;      // [q + 2 kv, hidden]
  std::unique_ptr<PackedWeight> o;        // [hidden part, all q]
  std::unique_ptr<PackedWeight> gate_up;  // [2 * intermediate, hidden], or up alone
  std::unique_ptr<PackedWeight> down;     // [hidden part, all of intermediate]
};

struct HeadWeights {
  PackedNorm norm;                     // [hidden]
  std::unique_ptr<PackedWeight> head;  // [vocab part, hidden]; null where the part is empty
};

/// Hands out leases; a lease keeps its weights alive. The same bits whichever provider. One caller
/// at a time.
class WeightProvider {
 public:
  virtual ~WeightProvider() = default;
  virtual std::shared_ptr<const LayerWeights> layer(int index) = 0;
  virtual std::shared_ptr<const HeadWeights> head() = 0;
  /// Starts on layer `index` while the caller computes; the next layer(index) takes it.
  virtual void prefetch(int index) = 0;
  /// The same for the head and the next head().
  virtual void prefetch_head() = 0;
};

/// The token embedding, as the backend reads it.
std::unique_ptr<PackedWeight> pack_embedding(const ModelConfig& config, const WeightTable& table,
                                             const Backend& backend);

/// Packs each layer on first use and keeps it.
std::unique_ptr<WeightProvider> make_resident_weights(const ModelConfig& config,
                                                      std::shared_ptr<WeightTable> table,
                                                      const ShardPlan& shard,
                                                      const Backend& backend);
/// Packs on each lease; holds what is leased, and one layer and the head that were asked for ahead.
std::unique_ptr<WeightProvider> make_streamed_weights(const ModelConfig& config,
                                                      std::shared_ptr<WeightTable> table,
                                                      const ShardPlan& shard,
                                                      const Backend& backend);

}  // namespace flm
