// The weight files of a checkpoint folder: one file or shards with an index, safetensors or PyTorch
// .bin.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/mapped_file.h"
#include "engine/checkpoint/stored_tensor.h"

namespace flm {

struct WeightFiles {
  std::string format;  // "safetensors" or "torch"
  std::vector<std::shared_ptr<const MappedFile>> files;
  std::vector<StoredTensor> tensors;  // of all files; every name once
};

/// Finds and opens them, headers only. Where both formats are there, safetensors wins; a single
/// file wins over an index, as in transformers.
WeightFiles read_weight_files(const std::string& folder);

/// Buffers that old checkpoints carry although they follow from config.json.
bool is_ignored_buffer(const std::string& name);

}  // namespace flm
