#include "engine/backends.h"

#include <algorithm>

#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/cpu_cost.h"
#include "engine/cuda/cuda_backend.h"
#include "engine/cuda/cuda_cost.h"
#include "engine/model/timed_backend.h"

namespace flm {
namespace {

int threads_of_rank(const BackendOptions& options) {
  return std::max(1, options.threads / options.ranks);
}

std::unique_ptr<Backend> make_backend(const BackendOptions& options, std::int64_t pinned_bytes) {
  const int threads = threads_of_rank(options);
  if (options.cuda_device < 0) return make_cpu_backend(threads, "", options.bf16);
  return make_cuda_backend(
      {options.cuda_device, options.bf16, pinned_bytes / options.ranks, threads},
      make_cpu_backend(1, ""));
}

}  // namespace

ModelCost cost_of(const ModelConfig& config, const WeightTable& weights,
                  const BackendOptions& options, int max_length) {
  if (options.cuda_device < 0)
    return cpu_cost_of(config, weights, options.bf16, options.ranks, threads_of_rank(options));
  return cuda_cost_of(config, options.ranks, options.bf16, max_length);
}

std::vector<std::unique_ptr<Backend>> make_backends(const BackendOptions& options,
                                                    std::int64_t pinned_bytes,
                                                    std::shared_ptr<OperationLog> log) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (int rank = 0; rank < options.ranks; ++rank)
    backends.push_back(make_backend(options, pinned_bytes));
  if (log) backends.front() = make_timed_backend(std::move(backends.front()), std::move(log));
  return backends;
}

}  // namespace flm
