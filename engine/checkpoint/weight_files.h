// The weight files of a checkpoint folder: Hugging Face's one file or shards with an index,
// safetensors or PyTorch .bin; or what a trainer writes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/tensors/mapped_file.h"
#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {

/// Tensor name -> path of its shard in the folder.
using WeightMap = std::unordered_map<std::string, std::string>;

/// The text of an index of shards: its weight_map, whatever else stands there. UserError where that
/// is no map of tensors to files in the folder or below it.
WeightMap parse_weight_index(std::string_view bytes, const std::string& path);

struct WeightFiles {
  std::string format;  // "safetensors", "torch", or a trainer's layout: "megatron-torch"
  std::vector<std::shared_ptr<const MappedFile>> files;
  std::vector<StoredTensor> tensors;  // of all files; every name once
};

/// Finds and opens them, headers only. Where both formats are there, safetensors wins; a single
/// file wins over an index, as in transformers.
/// `tied`: the index may name a head that no shard has.
WeightFiles read_weight_files(const std::string& folder, bool tied);

/// The same of any layout. A trainer's is held against the configuration, which cuts its tensors:
/// UserError with all figures that differ. `weights` as EngineOptions::weights.
WeightFiles read_checkpoint_files(const std::string& folder, const ModelConfig& config,
                                  const std::string& weights);

/// What the forward pass of a text has no use for: buffers that follow from config.json, the value
/// head of TRL, the parts for images.
bool is_ignored(const std::string& name);

}  // namespace flm
