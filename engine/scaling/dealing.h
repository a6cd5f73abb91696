// A simulation of batches that are dealt to GPUs, whoever is free next.
#pragma once

#include <cstdint>
#include <span>

namespace flm {

struct DealtBatch {
  double compute = 0;  // seconds on one GPU
  double weights = 0;  // seconds until all weights came, beside the computation
  double deal = 0;     // seconds of rank 0, where it goes to another node
};

struct Dealing {
  double seconds = 0;  // until the last batch is done
  double busy = 0;     // GPU seconds of computation alone
};

/// In order. Rank 0 deals one batch at a time to other nodes; those of its own node cost it
/// nothing.
Dealing simulate_dealing(std::span<const DealtBatch> batches, int gpus, int gpus_of_a_node);

}  // namespace flm
