// The backends that there are: the one place that knows all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/weight_table.h"
#include "engine/model/backend.h"
#include "engine/model/model_cost.h"
#include "engine/model/operation_log.h"

namespace flm {

/// Where and how a model is computed, by all of its ranks together.
struct BackendOptions {
  int cuda_device = -1;  // ordinal; -1 computes on the CPU
  bool bf16 = false;     // operands of the matmuls, and on CUDA of attention
  int threads = 1;
  int ranks = 1;
};

/// Bytes that one rank takes where it computes; known before a backend is opened. A UserError where
/// the backend does not take the model's shape.
ModelCost cost_of(const ModelConfig& config, const WeightTable& weights,
                  const BackendOptions& options, int max_length);

/// One for each rank. `pinned_bytes`: host memory for weights that a device reads again and again.
/// The first rank's operations are measured where there is a log: it stands for all.
std::vector<std::unique_ptr<Backend>> make_backends(const BackendOptions& options,
                                                    std::int64_t pinned_bytes,
                                                    std::shared_ptr<OperationLog> log);

}  // namespace flm
