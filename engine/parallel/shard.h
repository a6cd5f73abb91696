// Which part of a model a tensor-parallel rank holds.
#pragma once

#include <cstdint>

#include "engine/checkpoint/model_config.h"

namespace flm {

struct Range {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

/// Part `rank` of `count` things: equal parts, the last one shorter (or empty).
Range part_of(std::int64_t count, int rank, int ranks);

/// Ranks must divide the key/value heads, or a UserError names both numbers.
void check_ranks(const ModelConfig& config, int ranks);

/// One rank's cut of every axis.
struct ShardPlan {
  ShardPlan(const ModelConfig& config, int rank, int ranks);
  Range heads, kv_heads;  // in heads
  Range q, kv;            // rows of q_proj and of k_proj, v_proj
  Range intermediate, vocab;
};

}  // namespace flm
