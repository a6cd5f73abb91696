#include "harness/run/run.h"

#include "harness/commands/commands.h"

namespace flm {

int command_run(const Options& options, Progress& progress) {
  return execute_run(options, progress);
}

}  // namespace flm
