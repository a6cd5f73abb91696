// The backends that there are: the one place that knows all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/model_cost.h"
#include "engine/backend/operation_log.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/model/weights/shared_weights.h"
#include "engine/model/weights/spread_weights.h"

namespace flm {

class LockedWeights;

/// Where and how a model is computed, by the ranks of all of its replicas together.
struct BackendOptions {
  std::vector<int> cuda_devices = {};  // ordinals; none: the CPU
  bool bf16 = false;                   // operands of the matmuls, and on CUDA of attention
  int threads = 1;
  int ranks = 1;     // of one replica
  int replicas = 1;  // the ranks or stages of all of them take the devices in turn
  int stages = 1;    // of one replica, of one rank each
};

/// Bytes that one rank takes where it computes; known before a backend is opened. A UserError where
/// the backend does not take the model's shape.
ModelCost cost_of(const ModelConfig& config, const WeightTable& weights,
                  const BackendOptions& options, int max_length);

/// One for each rank or stage of a replica. `locked`: host memory for weights that devices read
/// again and again, of all replicas; may be null. The operations of the first replica's first rank,
/// which stands for all, or of all its stages are measured where there is a log.
std::vector<std::unique_ptr<Backend>> make_backends(const BackendOptions& options, int replica,
                                                    std::shared_ptr<LockedWeights> locked,
                                                    std::shared_ptr<OperationLog> log);

/// While `bytes` last; null where they compute in the host's memory.
std::shared_ptr<LockedWeights> lock_weights(const BackendOptions& options, std::int64_t bytes);

/// One copy of the weights on all replicas' devices.
std::shared_ptr<SpreadWeights> spread_weights(const ModelConfig& config,
                                              std::shared_ptr<WeightTable> table,
                                              const BackendOptions& options);

/// What the models of these options have in common in the host's memory; null where they compute
/// elsewhere.
std::shared_ptr<SharedWeights> share_weights(const ModelConfig& config,
                                             std::shared_ptr<WeightTable> table,
                                             const BackendOptions& options);

}  // namespace flm
