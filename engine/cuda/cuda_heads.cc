#include "engine/cuda/cuda_heads.h"

#include "engine/cuda/attention/attention.h"

namespace flm {

std::string untaken_cuda_heads(const ModelConfig& config, bool bf16) {
  constexpr int kMostElements = 256;
  if (config.head_dim > kMostElements || (bf16 && config.head_dim % 8 != 0))
    return "heads of at most 256 elements, in bf16 of a multiple of 8; this model's have " +
           std::to_string(config.head_dim);
  const int queries = config.heads / config.kv_heads;
  if (bf16 && queries > cuda::kNarrowQueries)
    return "in bf16 at most 16 query heads to a key head; this model has " +
           std::to_string(queries);
  return "";
}

}  // namespace flm
