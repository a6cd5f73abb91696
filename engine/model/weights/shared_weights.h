// What several models in the host's memory have in common: one copy of the weights, whoever reads
// them.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/model/weights/weight_provider.h"
#include "engine/parallel/shard.h"

namespace flm {

/// The embedding of all ranks, and the packed layers of each rank for all replicas. Packs with a
/// backend of its own, whose layout the models' backends must have. Any thread.
class SharedWeights {
 public:
  SharedWeights(const ModelConfig& config, std::shared_ptr<WeightTable> table,
                std::unique_ptr<Backend> packer, int ranks);

  const PackedWeight& embedding();
  /// Leases of one rank's layers, which stay, and are the same for all replicas.
  std::unique_ptr<WeightProvider> resident(int rank);

 private:
  class Lender;

  const ModelConfig config_;
  const std::shared_ptr<WeightTable> table_;
  const std::unique_ptr<Backend> packer_;
  std::mutex mutex_;  // of the embedding
  std::unique_ptr<PackedWeight> embedding_;
  struct Rank {
    std::mutex mutex;
    std::unique_ptr<WeightProvider> weights;
  };
  std::vector<std::unique_ptr<Rank>> ranks_;
};

}  // namespace flm
