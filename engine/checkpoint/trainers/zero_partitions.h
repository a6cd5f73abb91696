// The fp32 masters of DeepSpeed ZeRO: every rank's flat part of all parameters behind one another.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/formats/torch_file.h"
#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {

/// Files by rank. Stages 1 and 2 join the ranks' parts of a group, then cut parameters out of the
/// whole; stage 3 cuts every parameter into one share a rank.
class ZeroPartitions {
 public:
  using Files = std::map<std::int64_t, std::shared_ptr<const TorchFile>>;
  /// CheckpointFault where a rank is missing, ranks are of several steps, or a part does not fit.
  ZeroPartitions(const Files& models, Files optims);

  std::vector<StoredTensor> tensors() const;

 private:
  struct Parameter {
    std::string name;
    std::vector<std::int64_t> shape;
    std::int64_t elements = 0, gap = 0;  // gap: behind it, where the file says so
  };
  using Group = std::vector<Parameter>;

  const PickleValue& state(std::int64_t rank) const;
  void read_ranks();
  void read_groups(const PickleValue& model);
  void read_gaps();
  std::vector<StoredTensor> flat_groups(std::int64_t rank, const char* key) const;
  void take_group(const Group& group, const std::vector<StoredTensor>& parts,
                  std::vector<StoredTensor>& out) const;
  void take_shares(std::vector<StoredTensor>& out) const;
  void take_frozen(std::vector<StoredTensor>& out) const;
  void take_shared(std::vector<StoredTensor>& out) const;

  Files models_, optims_;
  std::int64_t stage_ = 0, ranks_ = 0;
  std::vector<Group> groups_;
};

}  // namespace flm
