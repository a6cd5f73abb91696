// Which part of a model a tensor-parallel rank computes. Every product is cut by its outputs, so
// that each of them is summed whole by one rank and has the bits that one rank alone would give it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/checkpoint/config/model_config.h"

namespace flm {

struct Range {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

/// Part `rank` of `count` things: parts of whole units but for the last one, equal but for a unit.
/// Empty where there are fewer units than ranks.
Range part_of(std::int64_t count, int rank, int ranks, std::int64_t unit = 1);

/// A rank takes at least one query head.
std::int64_t most_ranks(const ModelConfig& config);
/// A UserError where the model cannot be cut into so many ranks.
void check_ranks(const ModelConfig& config, int ranks);

/// Logits whose exponentials are summed at a time (softmax, docs/architecture.md): the vocabulary
/// is cut between such blocks only.
inline constexpr std::int64_t kLogitBlock = 256;

/// One rank's cut of every axis.
struct ShardPlan {
  ShardPlan(const ModelConfig& config, int rank, int ranks);
  Range heads, kv_heads;  // in heads; ranks that share a key/value head all have it
  Range q, kv;            // rows of q_proj and of k_proj, v_proj
  Range kv_told;          // rows of k_proj that others get from it: each from one rank
  Range hidden;           // rows of o_proj and down_proj
  Range intermediate, vocab;
};

/// The largest part of each axis that any rank has, from 0 on: what memory is planned by.
ShardPlan widest_shard(const ModelConfig& config, int ranks);

/// What every rank has of the vocabulary.
std::vector<Range> vocabulary_parts(std::int64_t vocab_rows, int ranks);
/// One axis of all ranks' plans.
std::vector<Range> parts_of(const ModelConfig& config, int ranks, Range ShardPlan::*axis);

}  // namespace flm
