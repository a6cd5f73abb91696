#include "engine/model/model_cost.h"

#include <algorithm>

namespace flm {

std::int64_t ModelCost::weight_bytes(bool streamed) const {
  return streamed ? streamed_bytes : layers_bytes + head_bytes;
}

ModelFlops flops_of(const ModelConfig& config) {
  const double h = config.hidden, q = double(config.heads) * config.head_dim,
               kv = double(config.kv_heads) * config.head_dim;
  ModelFlops flops;
  flops.row = 2.0 * config.layers * (h * (q + 2 * kv) + q * h + 3.0 * h * config.intermediate);
  flops.row_key = 4.0 * config.layers * q;
  flops.head_row = 2.0 * h * config.vocab_rows;
  return flops;
}

std::int64_t head_chunk_rows(std::int64_t vocab_rows, std::int64_t chunk_bytes) {
  constexpr std::int64_t kUnit = std::int64_t{64} << 20;
  const std::int64_t fit = chunk_bytes / (vocab_rows * static_cast<std::int64_t>(sizeof(float)));
  return std::clamp<std::int64_t>(fit / 96 * 96, 96, 1024 * (chunk_bytes / kUnit));
}

}  // namespace flm
