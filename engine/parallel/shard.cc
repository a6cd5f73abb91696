#include "engine/parallel/shard.h"

#include <algorithm>
#include <string>

#include "base/errors.h"

namespace flm {
namespace {

/// Cuts at multiples of it keep vector loads aligned, where there are enough of them.
constexpr std::int64_t kAlignedUnit = 16;

Range aligned_part(std::int64_t count, int rank, int ranks) {
  return part_of(count, rank, ranks, count / kAlignedUnit >= ranks ? kAlignedUnit : 1);
}

/// Whole groups of query heads with their key/value head; where there are more ranks than groups,
/// a part of one group.
struct HeadCut {
  Range heads, kv_heads;
  bool first = true;  // of the ranks that have these key/value heads
};
HeadCut cut_heads(const ModelConfig& config, int rank, int ranks) {
  const std::int64_t group = config.heads / config.kv_heads;
  if (ranks <= config.kv_heads) {
    const Range kv = part_of(config.kv_heads, rank, ranks);
    return {{kv.begin * group, kv.end * group}, kv};
  }
  const std::int64_t kv = std::int64_t{rank} * config.kv_heads / ranks;
  const auto first_rank = [&](std::int64_t head) {
    return static_cast<int>((head * ranks + config.kv_heads - 1) / config.kv_heads);
  };
  const int first = first_rank(kv), sharing = first_rank(kv + 1) - first;
  const Range part = part_of(group, rank - first, sharing);
  return {{kv * group + part.begin, kv * group + part.end}, {kv, kv + 1}, rank == first};
}

}  // namespace

Range part_of(std::int64_t count, int rank, int ranks, std::int64_t unit) {
  const std::int64_t units = (count + unit - 1) / unit;
  return {std::min(units * rank / ranks * unit, count),
          std::min(units * (rank + 1) / ranks * unit, count)};
}

std::int64_t most_ranks(const ModelConfig& config) {
  return std::min<std::int64_t>({config.heads, config.hidden, config.intermediate});
}

void check_ranks(const ModelConfig& config, int ranks) {
  const std::int64_t most = most_ranks(config);
  if (ranks < 1 || ranks > most)
    throw UserError("tensor parallel of " + std::to_string(ranks) +
                    "; each rank takes at least one of this model's " +
                    std::to_string(config.heads) + " heads: use 1 to " + std::to_string(most));
}

ShardPlan::ShardPlan(const ModelConfig& config, int rank, int ranks)
    : hidden(aligned_part(config.hidden, rank, ranks)),
      intermediate(aligned_part(config.intermediate, rank, ranks)),
      vocab(part_of(config.vocab_rows, rank, ranks, kLogitBlock)) {
  const HeadCut cut = cut_heads(config, rank, ranks);
  heads = cut.heads;
  kv_heads = cut.kv_heads;
  q = {heads.begin * config.head_dim, heads.end * config.head_dim};
  kv = {kv_heads.begin * config.head_dim, kv_heads.end * config.head_dim};
  kv_told = {cut.first ? kv.begin : kv.end, kv.end};
}

ShardPlan widest_shard(const ModelConfig& config, int ranks) {
  ShardPlan widest(config, 0, ranks);
  for (Range ShardPlan::*axis :
       {&ShardPlan::heads, &ShardPlan::kv_heads, &ShardPlan::q, &ShardPlan::kv, &ShardPlan::hidden,
        &ShardPlan::intermediate, &ShardPlan::vocab}) {
    std::int64_t most = 0;
    for (const Range& part : parts_of(config, ranks, axis)) most = std::max(most, part.size());
    widest.*axis = {0, most};
  }
  return widest;
}

std::vector<Range> vocabulary_parts(std::int64_t vocab_rows, int ranks) {
  std::vector<Range> parts;
  for (int rank = 0; rank < ranks; ++rank)
    parts.push_back(part_of(vocab_rows, rank, ranks, kLogitBlock));
  return parts;
}

std::vector<Range> parts_of(const ModelConfig& config, int ranks, Range ShardPlan::*axis) {
  std::vector<Range> parts;
  for (int rank = 0; rank < ranks; ++rank) parts.push_back(ShardPlan(config, rank, ranks).*axis);
  return parts;
}

}  // namespace flm
