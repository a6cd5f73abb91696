#include "engine/backend/model_cost.h"

#include <algorithm>
#include <map>

namespace flm {

std::int64_t ModelCost::weight_bytes(bool streamed) const {
  return streamed ? streamed_bytes : layers_bytes + head_bytes;
}

ModelFlops flops_of(const ModelConfig& config) {
  const double h = config.hidden, q = double(config.heads) * config.head_dim,
               kv = double(config.kv_heads) * config.head_dim;
  ModelFlops flops;
  const double mlp = config.block.gated ? 3 : 2;
  flops.row = 2.0 * config.layers * (h * (q + 2 * kv) + q * h + mlp * h * config.intermediate);
  flops.layer_key = 4.0 * q;
  std::map<int, int> layers;  // by window
  for (int layer = 0; layer < config.layers; ++layer) ++layers[config.block.layer(layer).window];
  for (const auto& [window, count] : layers)
    if (window > 0) flops.windows.push_back({double(count), double(window)});
  flops.row_key = 4.0 * layers[0] * q;
  flops.head_row = 2.0 * h * config.vocab_rows;
  return flops;
}

double ModelFlops::of_row(std::int64_t before) const {
  const auto keys = static_cast<double>(before + 1);
  double flops = row + row_key * keys;
  for (const WindowLayers& some : windows)
    flops += some.layers * layer_key * std::min(keys, some.window);
  return flops;
}

double ModelFlops::of_path(double rows) const {
  double flops = rows * row + row_key * 0.5 * rows * (rows + 1);
  for (const WindowLayers& some : windows) {
    const double within = std::min(rows, some.window);  // rows that see all keys before them
    flops +=
        some.layers * layer_key * (0.5 * within * (within + 1) + (rows - within) * some.window);
  }
  return flops;
}

std::int64_t more_vectors(const ModelConfig& config) {
  const Block& block = config.block;
  const std::int64_t h = config.hidden,
                     heads = std::int64_t{config.heads + config.kv_heads} * config.head_dim;
  return (block.norm_bias ? 2 * h : 0) + (block.norm_outputs ? 4 * h : 0) +
         (block.head_norm != HeadNorm::kNone ? heads : 0);
}

int rotations_of(const ModelConfig& config) { return config.local_rope_theta > 0 ? 2 : 1; }

std::int64_t table_bytes(const ModelConfig& config) {
  const std::int64_t growth = config.block.query_growth != 0 ? 1 : 0;
  return (rotations_of(config) * config.turned() + growth) *
         static_cast<std::int64_t>(sizeof(float));
}

std::int64_t table_positions(std::int64_t position) {
  constexpr std::int64_t kAtATime = 512;
  return (position + kAtATime) / kAtATime * kAtATime;
}

std::int64_t head_chunk_rows(std::int64_t vocab_rows, std::int64_t chunk_bytes) {
  constexpr std::int64_t kUnit = std::int64_t{64} << 20;
  const std::int64_t fit = chunk_bytes / (vocab_rows * static_cast<std::int64_t>(sizeof(float)));
  return std::clamp<std::int64_t>(fit / 96 * 96, 96, 1024 * (chunk_bytes / kUnit));
}

}  // namespace flm
