// The files of torch.distributed.checkpoint: .metadata and the shards it names, proven to hold what
// it says. Megatron's torch_dist is made of the same.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint/formats/dcp_metadata.h"
#include "engine/checkpoint/formats/torch_file.h"
#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {

/// Refers to nothing outside itself. Any thread.
class DcpFolder {
 public:
  /// CheckpointFault: incomplete without a whole .metadata, broken where a shard is missing or too
  /// short, refused where an item cannot be in its file or chunks do not cover a tensor once.
  explicit DcpFolder(const std::filesystem::path& folder);

  const DcpMetadata& metadata() const { return metadata_; }
  /// Tensors of weights: floating, of one axis at least.
  std::vector<const DcpTensor*> weights() const;
  /// All of weights(), in their order; every item's header is looked at, on all cores. UserErrors:
  /// an item that is not the tensor that .metadata says.
  std::vector<StoredTensor> tensors() const;
  /// The one number of a tensor "step"; nothing where there is none.
  std::optional<std::int64_t> number(const std::string& name) const;
  /// Shards that were written after .metadata: overwritten in part, or copied without times.
  std::vector<std::string> warnings() const;

 private:
  StoredTensor tensor(const DcpTensor& tensor) const;
  void require_whole() const;
  void refuse_safetensors() const;
  void require_covered(const DcpTensor& tensor) const;
  StoredTensor item(const DcpTensor& tensor, const DcpChunk& chunk) const;
  std::shared_ptr<const TorchFile> open_item(const DcpChunk& chunk) const;

  std::filesystem::path folder_;
  DcpMetadata metadata_;
  std::vector<std::shared_ptr<const MappedFile>> files_;  // by DcpMetadata::files
};

}  // namespace flm
