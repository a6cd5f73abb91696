#include "engine/parallel/shard.h"

#include <algorithm>
#include <string>

#include "base/errors.h"

namespace flm {

Range part_of(std::int64_t count, int rank, int ranks) {
  const std::int64_t part = (count + ranks - 1) / ranks;
  return {std::min(rank * part, count), std::min((rank + 1) * part, count)};
}

void check_ranks(const ModelConfig& config, int ranks) {
  if (ranks < 1 || config.kv_heads % ranks != 0)
    throw UserError("tensor parallel of " + std::to_string(ranks) +
                    " does not divide the model's " + std::to_string(config.kv_heads) +
                    " key/value heads; use a divisor of " + std::to_string(config.kv_heads));
  if (ranks == 1) return;
  const auto refuse = [&](const std::string& what) {
    throw UserError("a " + config.model_type + " model with " + what +
                    " is not cut over several ranks; use --tensor-parallel 1");
  };
  if (config.block.head_norm == HeadNorm::kWholeProjection)
    refuse("a norm over the whole of its queries and keys");
  if (config.block.head_norm_apart) refuse("norms of their own for each head");
}

ShardPlan::ShardPlan(const ModelConfig& config, int rank, int ranks)
    : heads(part_of(config.heads, rank, ranks)),
      kv_heads(part_of(config.kv_heads, rank, ranks)),
      q{heads.begin * config.head_dim, heads.end * config.head_dim},
      kv{kv_heads.begin * config.head_dim, kv_heads.end * config.head_dim},
      intermediate(part_of(config.intermediate, rank, ranks)),
      vocab(part_of(config.vocab_rows, rank, ranks)) {}

}  // namespace flm
