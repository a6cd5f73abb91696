#include "engine/local_models.h"

#include "base/errors.h"
#include "base/system/machine.h"
#include "engine/checkpoint/config_json.h"
#include "engine/engine_options.h"
#include "engine/model/pipeline.h"
#include "engine/parallel/shard.h"

namespace flm {

BackendOptions backend_options(const EngineOptions& options, const EngineInfo& info) {
  return {cuda_ordinals(options.device), uses_bf16(options), info.threads,
          info.tensor_parallel,          info.data_parallel, info.pipeline_parallel};
}

ModelFiles open_model_files(const EngineOptions& options) {
  check_options(options);
  ModelFiles files;
  if (options.model.rfind("synthetic:", 0) == 0) {
    files.table = WeightTable::synthetic(options.model, &files.config);
  } else {
    files.config = read_model_config(resolve_config(options.model, options.model_config));
    files.table = WeightTable::open(options.model, files.config, options.threads, options.weights);
  }
  check_ranks(files.config, options.tensor_parallel);
  check_stages(files.config, options.pipeline_parallel);
  return files;
}

LocalModels::LocalModels(const EngineOptions& options, const ModelFiles& files, Progress& progress,
                         std::shared_ptr<OperationLog> log)
    : table_(files.table),
      progress_(progress),
      model_(options.model),
      config_(files.config),
      info_(engine_info(options, config_, *table_)),
      backend_options_(backend_options(options, info_)),
      parallelism_(tbb::global_control::max_allowed_parallelism,
                   static_cast<std::size_t>(info_.threads + info_.tensor_parallel * info_.models)),
      log_(std::move(log)) {}

void LocalModels::place(Placement placement) {
  if (!replicas_.empty() && placement == placement_) return;
  faces_.clear();
  replicas_.clear();  // what they hold goes before others are made
  placement_ = placement;
  ModelOptions options{.stream_weights = placement == Placement::kStreamed};
  std::shared_ptr<LockedWeights> locked;
  if (options.stream_weights)
    locked = lock_weights(backend_options_, page_locked_bytes(info_.host_memory));
  if (placement == Placement::kSpread)
    options.spread = spread_weights(config_, table_, backend_options_);
  if (info_.tensor_parallel * info_.models > 1)
    options.shared = share_weights(config_, table_, backend_options_);
  for (int replica = 0; replica < info_.data_parallel; ++replica) {
    options.beside = replica;
    auto backends = make_backends(backend_options_, replica, locked, log_);
    if (info_.pipeline_parallel == 1) {
      replicas_.push_back(make_local_replica(config_, table_, std::move(backends), options));
      continue;
    }
    for (auto& one : make_pipelined_replicas(config_, table_, std::move(backends), options))
      replicas_.push_back(std::move(one));
  }
  for (const auto& replica : replicas_) faces_.push_back(replica.get());
}

void LocalModels::load() {
  if (placement_ == Placement::kStreamed) return;
  for (const auto& replica : replicas_) replica->load_weights();
}

const std::string& LocalModels::weights_hash() {
  if (!weights_hash_.empty()) return weights_hash_;
  if (table_->check_as_loaded(progress_)) replicas_.front()->load_weights();
  check_weights();
  return weights_hash_;
}

void LocalModels::check_weights() {
  if (!weights_hash_.empty()) return;
  const WeightTable::ContentCheck check = table_->check_contents(progress_, true);
  if (!check.not_finite.empty()) {
    std::string list;
    for (const std::string& tensor : check.not_finite) list += (list.empty() ? "" : "; ") + tensor;
    throw UserError("weights that are not finite: " + list +
                    "; use a sound checkpoint (found in: " + model_ + ")");
  }
  weights_hash_ = check.hash;
}

}  // namespace flm
