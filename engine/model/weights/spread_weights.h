// One copy of the weights for several models on devices of their own: each device keeps some
// layers, and the models read the others from there, one layer ahead.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/model/weights/weight_provider.h"

namespace flm {

/// Layers go to the keepers in turn, the head behind them. Models wait for no other model: what is
/// kept never changes. The keepers may share a device. Any thread; models outlive no part of it.
class SpreadWeights {
 public:
  /// A backend for each keeper, which packs what it keeps.
  SpreadWeights(const ModelConfig& config, std::shared_ptr<WeightTable> table,
                std::vector<std::unique_ptr<Backend>> keepers);

  /// Packs all that is not there yet; layers are packed on first use otherwise.
  void load();
  /// For a model that computes beside keeper `beside`, with `backend`.
  std::unique_ptr<WeightProvider> provider(int beside, const Backend& backend);

 private:
  class Reader;
  struct Keeper {
    std::mutex mutex;
    std::unique_ptr<Backend> backend;
    std::unique_ptr<WeightProvider> weights;
  };

  std::size_t keeper_of(int layer) const {
    return static_cast<std::size_t>(layer) % keepers_.size();
  }
  std::size_t keeper_of_head() const { return keeper_of(config_.layers); }
  std::shared_ptr<const LayerWeights> layer(int index);
  std::shared_ptr<const HeadWeights> head();

  const ModelConfig config_;
  const std::shared_ptr<WeightTable> table_;
  std::vector<std::unique_ptr<Keeper>> keepers_;
};

}  // namespace flm
