// One rank's share of a layer, read by tensor names and packed.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/model/weights/weight_provider.h"
#include "engine/parallel/shard.h"

namespace flm {

/// All of a matrix: its bytes, or its rule where the backend takes that.
MatrixSlice whole_matrix(const WeightTable& table, const std::string& name, const Backend& backend);

/// The backend outlives it.
class LayerPacker {
 public:
  LayerPacker(const ModelConfig& config, std::shared_ptr<WeightTable> table, const ShardPlan& shard,
              const Backend& backend)
      : config_(config), table_(std::move(table)), shard_(shard), backend_(backend) {}

  std::shared_ptr<const LayerWeights> layer(int index) const;
  std::shared_ptr<const HeadWeights> head() const;
  /// Norms and biases alone.
  LayerVectors vectors(int index) const;
  PackedNorm head_norm() const;

 private:
  using Parts = std::vector<std::pair<std::string, Range>>;

  Parts parts_of_qkv(int index) const;
  Parts parts_of_gate_up(int index) const;
  std::vector<float> vector(const std::string& name) const;
  PackedNorm norm(const std::string& name) const;  // of the residual stream
  std::vector<float> stretched(std::vector<float> weight) const;
  void pack_norms(int index, LayerVectors& weights) const;
  std::unique_ptr<PackedWeight> unit_rows(const std::string& name) const;
  PackedVector packed(const std::vector<float>& values) const {
    return backend_.pack_vector(values);
  }
  PackedVector biases(const Parts& parts) const;
  std::unique_ptr<PackedWeight> rows(const Parts& parts) const;

  const ModelConfig config_;
  const std::shared_ptr<WeightTable> table_;
  const ShardPlan shard_;
  const Backend& backend_;
};

}  // namespace flm
