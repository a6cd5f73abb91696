// The models of one process: where their weights are, and the replicas that compute with them.
#pragma once

#include <tbb/global_control.h>

#include <memory>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/backend/operation_log.h"
#include "engine/backends.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/engine.h"
#include "engine/placement.h"
#include "engine/replicas/replica.h"

namespace flm {

/// What EngineOptions::model names, looked through but not read.
struct ModelFiles {
  ModelConfig config;
  std::shared_ptr<WeightTable> table;
};
ModelFiles open_model_files(const EngineOptions& options);

/// Where the models of these options compute; `info`: engine_info of them.
BackendOptions backend_options(const EngineOptions& options, const EngineInfo& info);

class LocalModels {
 public:
  /// `log`: null where nothing is measured.
  LocalModels(const EngineOptions& options, const ModelFiles& files, Progress& progress,
              std::shared_ptr<OperationLog> log);

  const EngineInfo& info() const { return info_; }
  const BackendOptions& backends() const { return backend_options_; }
  const std::vector<Replica*>& replicas() const { return faces_; }
  Placement placement() const { return placement_; }

  /// Makes the models anew where weights are to be elsewhere than they are.
  void place(Placement placement);
  /// Reads weights that stay, for all replicas.
  void load();

  /// Of the weights; empty: not known yet.
  const std::string& known_hash() const { return weights_hash_; }
  /// Weights that will stay are read here, once, looked through and packed; not where the hash is
  /// known without reading.
  const std::string& weights_hash();
  /// Of weights that were read: a checkpoint with NaN or Inf is a UserError.
  void check_weights();

 private:
  SilentProgress silent_;  // of what runs beside something that is shown: ahead of the table, whose
                           // threads may still report to it
  const std::shared_ptr<WeightTable> table_;
  Progress& progress_;
  const std::string model_;  // as errors name it
  const ModelConfig config_;
  const EngineInfo info_;
  const BackendOptions backend_options_;
  tbb::global_control parallelism_;  // an arena is capped at the machine's cores otherwise
  const std::shared_ptr<OperationLog> log_;
  Placement placement_ = Placement::kResident;  // of the models' weights
  Replicas replicas_;
  std::vector<Replica*> faces_;
  std::string weights_hash_;
};

}  // namespace flm
