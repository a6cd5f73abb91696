// A synthetic model as a folder of real files: what a cold start costs can be measured without a
// checkpoint.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/config_json.h"

namespace flm::bench {

/// A config.json that read_model_config() reads back as this config. UserError where rope is
/// scaled: no preset is.
std::string config_json(const ModelConfig& config);

inline constexpr std::int64_t kShardBytes = std::int64_t{4} << 30;

/// Writes config.json, safetensors shards of at most `shard_bytes` (one tensor at least) and their
/// index into a folder that has no weights yet; one tensor at a time is in memory. The files are on
/// the disk and out of the page cache afterwards, where the system does as it is told. Lines:
/// bytes, seconds.
void store_weights(const std::string& model, const std::string& folder, std::ostream& lines,
                   std::int64_t shard_bytes = kShardBytes);

}  // namespace flm::bench
