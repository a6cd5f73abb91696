#include "engine/backends.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "engine/backend/timed_backend.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/cpu_cost.h"
#include "engine/cuda/cuda_backend.h"
#include "engine/cuda/cuda_cost.h"
#include "engine/parallel/shard.h"

namespace flm {
namespace {

int ranks_of_replica(const BackendOptions& options) { return options.ranks * options.stages; }
int all_ranks(const BackendOptions& options) {
  return ranks_of_replica(options) * options.replicas;
}

/// The most that any rank has.
int threads_of_rank(const BackendOptions& options) {
  return (options.threads + all_ranks(options) - 1) / all_ranks(options);
}

/// `index` counts the ranks of all replicas.
std::unique_ptr<Backend> make_backend(const BackendOptions& options, int index,
                                      std::shared_ptr<LockedWeights> locked, bool timed) {
  const int threads = std::max<int>(
      1, static_cast<int>(part_of(options.threads, index, all_ranks(options)).size()));
  if (options.cuda_devices.empty()) return make_cpu_backend(threads, "", options.bf16);
  const auto device = static_cast<std::size_t>(index) % options.cuda_devices.size();
  CudaOptions cuda{options.cuda_devices[device], options.bf16, 0, threads};
  cuda.record_gathers = !timed;
  cuda.locked = std::move(locked);
  return make_cuda_backend(cuda, make_cpu_backend(1, ""));
}

}  // namespace

ModelCost cost_of(const ModelConfig& config, const WeightTable& weights,
                  const BackendOptions& options, int max_length) {
  if (options.cuda_devices.empty())
    return cpu_cost_of(config, weights, options.bf16, options.ranks, threads_of_rank(options));
  return cuda_cost_of(config, options.ranks, options.bf16, max_length);
}

std::shared_ptr<SharedWeights> share_weights(const ModelConfig& config,
                                             std::shared_ptr<WeightTable> table,
                                             const BackendOptions& options) {
  if (!options.cuda_devices.empty()) return nullptr;
  return std::make_shared<SharedWeights>(
      config, std::move(table), make_cpu_backend(options.threads, "", options.bf16), options.ranks);
}

std::shared_ptr<LockedWeights> lock_weights(const BackendOptions& options, std::int64_t bytes) {
  return options.cuda_devices.empty() ? nullptr : make_locked_weights(bytes);
}

std::shared_ptr<SpreadWeights> spread_weights(const ModelConfig& config,
                                              std::shared_ptr<WeightTable> table,
                                              const BackendOptions& options) {
  FLM_CHECK(options.ranks == 1, "spread weights of models of several ranks");
  FLM_CHECK(options.stages == 1, "spread weights of models of several stages");
  std::vector<std::unique_ptr<Backend>> keepers;
  for (int replica = 0; replica < options.replicas; ++replica)
    keepers.push_back(make_backend(options, replica, nullptr, false));
  return std::make_shared<SpreadWeights>(config, std::move(table), std::move(keepers));
}

std::vector<std::unique_ptr<Backend>> make_backends(const BackendOptions& options, int replica,
                                                    std::shared_ptr<LockedWeights> locked,
                                                    std::shared_ptr<OperationLog> log) {
  std::vector<std::unique_ptr<Backend>> backends;
  const bool timed = log && replica == 0;  // its first rank runs steps plainly: so do the others
  for (int rank = 0; rank < ranks_of_replica(options); ++rank)
    backends.push_back(
        make_backend(options, replica * ranks_of_replica(options) + rank, locked, timed));
  for (std::size_t stage = 0; timed && stage < static_cast<std::size_t>(options.stages); ++stage)
    backends[stage] = make_timed_backend(std::move(backends[stage]), log);
  return backends;
}

}  // namespace flm
