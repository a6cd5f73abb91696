// A WeightTable over the mapped files of a folder.
#pragma once

#include <map>
#include <string>

#include "engine/checkpoint/weight_files.h"
#include "engine/weight_table.h"

namespace flm {

class FolderWeights : public WeightTable {
 public:
  /// Checks every tensor by name, shape and dtype against expected_weights(config).
  FolderWeights(const std::string& folder, const ModelConfig& config);

  Loaded load(const std::string& name) const override;
  DType dtype() const override { return dtype_; }
  std::int64_t bytes() const override { return bytes_; }
  std::int64_t parameters() const override { return parameters_; }
  ContentCheck check_contents(Progress& progress, bool use_cache) const override;

  const std::string& format() const { return files_.format; }
  /// Names in bytewise order, only those that the model has.
  const std::map<std::string, const StoredTensor*>& tensors() const { return tensors_; }

 private:
  void check_tied_head(const std::string& folder, const StoredTensor* head) const;
  void count();

  WeightFiles files_;
  std::map<std::string, const StoredTensor*> tensors_;
  DType dtype_ = DType::kF32;
  std::int64_t bytes_ = 0, parameters_ = 0;
};

}  // namespace flm
