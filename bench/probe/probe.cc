#include "bench/probe/probe.h"

#include "bench/probe/cuda/device_probes.h"
#include "bench/probe/mmlu_ids.h"
#include "bench/probe/store_weights.h"

namespace flm::bench {

std::vector<Probe> every_probe() {
  std::vector<Probe> probes = {
      {"mmlu-ids", "mmlu-ids.jsonl: requests with the prefix trie of a whole MMLU with 5 shots",
       [](const ProbeOptions& options, std::ostream& lines) {
         write_mmlu_ids(mmlu_shape(), options.out, lines);
         return true;
       }},
      {"store-weights", "a folder with config.json and safetensors of --model synthetic:PRESET",
       [](const ProbeOptions& options, std::ostream& lines) {
         store_weights(options.model, options.out, lines);
         return true;
       }}};
  add_device_probes(probes);
  return probes;
}

}  // namespace flm::bench
