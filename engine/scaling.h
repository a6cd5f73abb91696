// What scoring would take on GPUs that are not here: a door for the program.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace flm {

/// Nodes of so many GPUs of one kind.
struct GpuCluster {
  std::string part = "h100";  // a100, h100, h200
  int gpus = 8;               // of a node
  int nodes = 1;
};

/// [NODESx]GPUSxPART, as in 8xh100 or 2x8xh100; a UserError where it is none of these.
GpuCluster parse_cluster(const std::string& text);

/// One way to share out the model over the cluster.
struct ScalingWay {
  std::string name;            // replicas, spread, streamed, layers, ranks
  std::int64_t gpu_bytes = 0;  // on each GPU
  bool fits = false;
  double seconds = 0, rows_per_second = 0;
  double efficiency = 0;  // of all GPUs, against what one GPU would compute
  std::string why;        // what takes the rest
};

/// The chosen way on so many GPUs.
struct ScalingStep {
  int gpus = 0;
  std::int64_t batches = 0;
  double seconds = 0, efficiency = 0;
  std::string why;
};

struct ScalingPlan {
  std::int64_t rows = 0;
  std::int64_t weight_bytes = 0;
  double read_seconds = 0;  // of the checkpoint, once by each node, before anything is computed
  std::vector<ScalingWay> ways;
  std::string chosen;              // the way that fits and is the fastest
  std::vector<ScalingStep> steps;  // 1, 2, 4 ... 1024 GPUs
  std::string stops;               // where less than 0.9 of the GPUs' time is used, and why
  std::string basis;               // the rates that all of it rests on
};

/// Arithmetic and a simulation of the dealing, batch by batch, in bf16; nothing is run. The rates
/// are data sheets' and rules of thumb (docs/distributed.md), until somebody measures. UserError
/// for heads that the CUDA backend does not take in bf16.
ScalingPlan plan_scaling(const EngineOptions& options, std::span<const ScoreRequest> requests,
                         const GpuCluster& cluster);

}  // namespace flm
