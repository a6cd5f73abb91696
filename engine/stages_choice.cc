#include "engine/stages_choice.h"

#include <utility>
#include <vector>

#include "engine/backends.h"
#include "engine/cuda/cuda_device.h"
#include "engine/engine_options.h"
#include "engine/engine_plan.h"

namespace flm {
namespace {

bool fits_beside_the_rows(const EngineOptions& options, const ModelFiles& files) {
  const EngineInfo info = engine_info(options, files.config, *files.table);
  const ModelCost cost =
      cost_of(files.config, *files.table, backend_options(options, info), info.max_length);
  return Planner(options, info, files.config, *files.table, cost, memory_budget(options))
             .expected_placement() == Placement::kResident;
}

}  // namespace

StagesChoice choose_stages(const EngineOptions& options, const ModelFiles& files) {
  const std::vector<int> devices = cuda_ordinals(options.device);
  const auto count = static_cast<int>(devices.size());
  const bool said = options.pipeline_parallel > 0 || options.data_parallel > 0 ||
                    options.tensor_parallel > 1 || options.placement != "auto";
  if (said || count < 2 || cuda_devices_reach_each_other(devices) ||
      fits_beside_the_rows(options, files))
    return {options, ""};
  for (int stages = 2; stages <= count && stages <= files.config.layers; ++stages) {
    if (count % stages != 0) continue;  // no device is left without work
    EngineOptions staged = options;
    staged.pipeline_parallel = stages;
    if (!fits_beside_the_rows(staged, files)) continue;
    return {std::move(staged),
            "layers over " + std::to_string(stages) +
                " devices: one does not hold the model beside the rows, and they "
                "do not reach each other (--pipeline-parallel says otherwise)"};
  }
  return {options, ""};
}

}  // namespace flm
