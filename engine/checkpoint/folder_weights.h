// A WeightTable over the mapped files of a folder.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/checkpoint/contents/content_check.h"
#include "engine/checkpoint/faults.h"
#include "engine/checkpoint/weight_files.h"
#include "engine/checkpoint/weight_table.h"

namespace flm {

class FolderWeights : public WeightTable {
 public:
  /// Checks every tensor by name, shape and dtype against expected_weights(config).
  FolderWeights(const std::string& folder, const ModelConfig& config, int threads,
                const std::string& weights);

  Loaded load(const std::string& name) const override;
  TensorView described(const std::string& name) const override;
  DType dtype() const override { return dtype_; }
  std::int64_t bytes() const override { return bytes_; }
  std::int64_t parameters() const override { return parameters_; }
  std::int64_t bytes_read() const override;
  ContentCheck check_contents(Progress& progress, bool use_cache) const override;
  bool check_as_loaded(Progress& progress) const override;
  void require_unchanged() const override;

  ContentKey key() const { return content_key(tensors_); }
  const std::string& format() const { return files_.format; }
  /// Below the folder.
  std::vector<std::string> file_names() const;
  /// Stored tensors that the model does not need: rotary buffers, the copy of a tied head.
  const std::vector<std::string>& ignored() const { return ignored_; }

 private:
  const std::string folder_;
  /// Moves what the model has from `stored` to tensors_.
  void take_expected(const ModelConfig& config, std::map<std::string, const StoredTensor*>& stored,
                     Faults& faults);
  void check_tied_head(const std::string& folder, const StoredTensor* head,
                       const StoredTensor* embedding) const;
  void count();

  WeightFiles files_;
  const int threads_;
  std::map<std::string, const StoredTensor*> tensors_;  // only those that the model has
  std::vector<std::string> ignored_;
  /// Bytes of one tensor: who looks through it while it is loaded reads no byte besides those that
  /// are taken meanwhile.
  struct Reads {
    std::atomic<std::int64_t> taken = 0, looked_through = 0;
  };
  std::map<std::string, std::shared_ptr<Reads>> reads_;
  mutable std::atomic<std::int64_t> read_apart_ = 0;  // bytes, of all tensors
  DType dtype_ = DType::kF32;
  std::int64_t bytes_ = 0, parameters_ = 0;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<ContentPass>
      pass_;                        // while tensors are looked through as they are loaded
  mutable std::string known_hash_;  // of check_contents; "" before
  mutable std::string rewritten_;   // the error of files whose bytes are not of known_hash_
};

}  // namespace flm
