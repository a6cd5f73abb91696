// flmeval doctor --tune: algorithms of a model's products, measured on the device at hand.
#include "engine/cuda/tune.h"

#include <cstdio>
#include <map>

#include "base/errors.h"
#include "engine/cuda/cuda_device.h"
#include "engine/cuda/device_speed.h"
#include "engine/cuda/products/algorithm_table.h"
#include "engine/cuda/products/gemm_search.h"
#include "engine/parallel/shard.h"

namespace flm {
namespace {

std::vector<GemmShape> shapes_of(const ModelConfig& config, bool bf16) {
  const ShardPlan shard(config, 0, 1);
  const std::int64_t h = config.hidden, q = shard.q.size(), kv = shard.kv.size(),
                     f = shard.intermediate.size();
  std::map<std::pair<std::int64_t, std::int64_t>, int> once;
  std::vector<GemmShape> shapes;
  for (const auto& [n, k] :
       {std::pair{q + 2 * kv, h}, {h, q}, {2 * f, h}, {h, f}, {shard.vocab.size(), h}})
    if (once[{n, k}]++ == 0) shapes.push_back({n, k, bf16});
  return shapes;
}

/// A line that is read by scripts/gpu-figures, and below it one for each choice.
std::string lines_of(const GemmShape& shape, const TunedAlgorithm& tuned) {
  char line[280];
  std::snprintf(
      line, sizeof line,
      "n %lld, k %lld: %.5g ms at %lld rows%s, the library's first choice %.5g ms, the fastest "
      "%.5g ms; %d of %d algorithms depend on the number of rows; %lld rows in %.4g ms%s\n",
      static_cast<long long>(shape.n), static_cast<long long>(shape.k), tuned.seconds * 1e3,
      static_cast<long long>(kTunedRows), tuned.found.pinned.multiples ? ", padded" : "",
      tuned.first_seconds * 1e3, tuned.best_seconds * 1e3, tuned.dependent, tuned.tried,
      static_cast<long long>(kDecodedRows), tuned.decode_seconds * 1e3,
      tuned.found.pinned.few ? " by one of their own" : "");
  std::string lines = line;
  for (const std::string& note : tuned.found.notes) lines += "  " + note + "\n";
  return lines;
}

}  // namespace

std::string tune_cuda(const ModelConfig& config, const CudaOptions& options) {
  const CudaDevice device = inspect_cuda_device(options.device);
  const std::unique_ptr<GemmLibrary> library = make_gemm_library();
  std::string lines, entries;
  double flops = 0, seconds = 0;
  for (const GemmShape& shape : shapes_of(config, options.bf16)) {
    const TunedAlgorithm tuned = tune_gemm(*library, shape);
    lines += lines_of(shape, tuned);
    flops += 2.0 * kTunedRows * static_cast<double>(shape.n) * static_cast<double>(shape.k);
    seconds += tuned.seconds;
    entries += AlgorithmTable::lines_of({shape.n, shape.k, shape.bf16 ? "bf16" : "fp32"},
                                        tuned.found.pinned);
  }
  const std::string path = AlgorithmTable::tuned_path_for(device.name, gemm_version());
  AlgorithmTable::merge(path, entries);
  const double rate = seconds > 0 ? flops / seconds : 0;  // for expected times
  keep_ceilings(device.name,
                options.bf16 ? KeptCeilings{.bf16_flops = rate} : KeptCeilings{.fp32_flops = rate});
  return lines + "written to " + path + "\n";
}

}  // namespace flm
