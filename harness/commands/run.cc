#include "harness/run/run.h"

#include "harness/commands/commands.h"
#include "harness/commands/many_models.h"

namespace flm {

int command_run(const Options& options, Progress& progress) {
  const std::vector<std::string> models = chosen_models(options.run.models);
  return models.size() < 2 ? execute_run(with_model(options, models), progress)
                           : run_many_models(options, models, progress);
}

}  // namespace flm
