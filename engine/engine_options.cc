#include "engine/engine_options.h"

#include <algorithm>
#include <sstream>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/machine.h"
#include "engine/checkpoint/config_hash.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/speed.h"
#include "engine/cuda/cuda_backend.h"
#include "engine/cuda/cuda_device.h"
#include "engine/parallel/shard.h"

namespace flm {
namespace {

constexpr int kMostReplicas = 1024;
constexpr int kMostThreads = 256;  // or four for each CPU: more take seconds to start

/// Ranks or stages: those of both together are not there.
int devices_of_replica(const EngineOptions& options) {
  return std::max(1, options.tensor_parallel) * std::max(1, options.pipeline_parallel);
}

void check_cuts(const EngineOptions& options) {
  if (options.pipeline_parallel < 0 || options.pipeline_parallel > kMostReplicas)
    throw UserError("--pipeline-parallel " + std::to_string(options.pipeline_parallel) +
                    "; use 1 to the model's layers");
  if (options.pipeline_parallel > 1 && options.tensor_parallel > 1)
    throw UserError("--pipeline-parallel and --tensor-parallel are not taken together; use one: " +
                    std::to_string(options.pipeline_parallel) + " and " +
                    std::to_string(options.tensor_parallel));
  const std::string& placement = options.placement;
  if (placement != "auto" && placement != "resident" && placement != "spread" &&
      placement != "streamed")
    throw UserError("--placement is auto, resident, spread or streamed, not " + placement);
  const bool spreads = !cuda_ordinals(options.device).empty() && replicas_of(options) > 1 &&
                       devices_of_replica(options) == 1;
  if (placement == "spread" && !spreads)
    throw UserError(
        "--placement spread is for several replicas of one GPU each; give --device "
        "cuda:0,1,... or leave it out: " +
        options.device);
}

}  // namespace

std::vector<int> cuda_ordinals(const std::string& device) {
  if (device == "auto" || device == "cpu") return {};
  if (device == "cuda") return {0};
  const UserError unknown("--device is auto, cpu, cuda, cuda:N or cuda:N,N,..., not \"" + device +
                          "\"");
  if (device.rfind("cuda:", 0) != 0 || device.back() == ',') throw unknown;
  std::vector<int> ordinals;
  std::stringstream numbers(device.substr(5));
  for (std::string number; std::getline(numbers, number, ',');) {
    if (number.empty() || number.size() > 2 ||
        number.find_first_not_of("0123456789") != std::string::npos)
      throw unknown;
    const int ordinal = std::stoi(number);
    if (std::find(ordinals.begin(), ordinals.end(), ordinal) != ordinals.end())
      throw UserError("--device names GPU " + number + " twice; name each once: " + device);
    ordinals.push_back(ordinal);
  }
  if (ordinals.empty()) throw unknown;
  return ordinals;
}

int cuda_ordinal(const std::string& device) {
  const std::vector<int> ordinals = cuda_ordinals(device);
  return ordinals.empty() ? -1 : ordinals.front();
}

bool uses_bf16(const EngineOptions& options) {
  if (cuda_ordinal(options.device) >= 0) return options.precision != Precision::kFp32;
  return options.precision == Precision::kBf16;
}

std::int64_t host_memory(const EngineOptions& options) {
  if (options.host_memory_gib == 0) return available_memory();
  return host_memory_bytes("--host-memory", options.host_memory_gib);
}

std::int64_t memory_budget(const EngineOptions& options) {
  if (options.memory_gib > 0)
    return static_cast<std::int64_t>(options.memory_gib * (std::int64_t{1} << 30));
  const std::vector<int> ordinals = cuda_ordinals(options.device);
  std::int64_t free =
      ordinals.empty() ? host_memory(options) : inspect_cuda_device(ordinals.front()).free_bytes;
  for (const int ordinal : ordinals) free = std::min(free, inspect_cuda_device(ordinal).free_bytes);
  const std::int64_t margin =
      std::max<std::int64_t>(free / 10, std::int64_t{256} << 20);  // what others may take meanwhile
  return std::max<std::int64_t>(0, free - margin);
}

void check_options(const EngineOptions& options) {
  const std::vector<int> ordinals = cuda_ordinals(options.device);
  for (const int ordinal : ordinals) (void)inspect_cuda_device(ordinal);
  if (options.data_parallel < 0 || options.data_parallel > kMostReplicas)
    throw UserError("--data-parallel " + std::to_string(options.data_parallel) + "; use 1 to " +
                    std::to_string(kMostReplicas));
  check_cuts(options);
  const std::int64_t ranks = std::int64_t{replicas_of(options)} * devices_of_replica(options);
  if (ranks < std::ssize(ordinals))
    throw UserError("--device names " + std::to_string(ordinals.size()) + " GPUs for " +
                    std::to_string(ranks) +
                    " ranks; leave --data-parallel out or name fewer: " + options.device);
  if (options.threads < 0)
    throw UserError("--threads " + std::to_string(options.threads) +
                    "; use 1 or more, or 0 for all");
  const int cpus = available_threads(), most = std::max(kMostThreads, 4 * cpus);
  if (options.threads > most)
    throw UserError("--threads " + std::to_string(options.threads) + "; use 1 to " +
                    std::to_string(most) + ", here are " + std::to_string(cpus) + " CPUs");
  if (!(options.memory_gib >= 0))
    throw UserError("--memory " + std::to_string(options.memory_gib) +
                    "; use GiB above 0, or 0 for what is free");
  (void)host_memory(options);
}

int replicas_of(const EngineOptions& options) {
  if (options.data_parallel > 0) return options.data_parallel;
  const auto devices = static_cast<int>(cuda_ordinals(options.device).size());
  return std::max(1, devices / devices_of_replica(options));
}

void check_device_form(const std::string& device) { (void)cuda_ordinals(device); }

int context_limit(int typed, int longest) {
  if (typed == 0) return longest;
  if (typed < 0 || typed > longest)
    throw UserError("--max-length " + std::to_string(typed) + "; this model takes 1 to " +
                    std::to_string(longest));
  return typed;
}

EngineInfo engine_info(const EngineOptions& options, const ModelConfig& config,
                       const WeightTable& table) {
  EngineInfo info;
  info.model_type = config.model_type;
  info.parameters = table.parameters();
  info.weight_dtype = name_of(table.dtype());
  info.weight_bytes = table.bytes();
  info.config_hash = config_hash(config);
  info.layers = config.layers;
  info.hidden = config.hidden;
  info.vocab_rows = config.vocab_rows;
  info.max_length = context_limit(options.max_length, longest_request(config));
  const int ordinal = cuda_ordinal(options.device);
  info.device = ordinal < 0 ? "cpu" : options.device == "cuda" ? "cuda:0" : options.device;
  info.devices = std::max(1, static_cast<int>(cuda_ordinals(options.device).size()));
  const Kernels& kernels = choose_kernels("");
  info.isa = kernels.isa;
  info.bf16_is_slower = ordinal < 0 && uses_bf16(options) && bf16_is_slower(kernels);
  info.threads = options.threads > 0 ? options.threads : available_threads();
  info.tensor_parallel = options.tensor_parallel;
  info.pipeline_parallel = std::max(1, options.pipeline_parallel);
  info.data_parallel = info.keepers = replicas_of(options);
  info.models = info.data_parallel * info.pipeline_parallel;
  const HostMemory host = inspect_host_memory();
  info.host_total = host.total;
  info.host_available = host.available;
  info.host_memory = host_memory(options);
  const std::string cpu_numerics = uses_bf16(options) ? "flm-cpu-3/bf16" : "flm-cpu-1/fp32";
  info.numerics = ordinal < 0 ? cpu_numerics
                              : cuda_numerics({ordinal, uses_bf16(options)}, info.tensor_parallel);
  info.numerics_hash = sha256_hex(info.numerics);
  if (info.tensor_parallel > 1)
    info.gathers = ordinal < 0 ? "the host's memory, which all ranks share"
                               : cuda_gathers(info.devices, info.tensor_parallel);
  return info;
}

}  // namespace flm
