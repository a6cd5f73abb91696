#include "harness/track/next_checkpoint.h"

#include "engine/look_ahead.h"
#include "harness/model/model_access.h"

namespace flm {

void NextCheckpoint::read(const ModelFlags& flags) {
  stop();
  if (flags.model.empty()) return;
  stop_ = false;
  thread_ = std::thread([this, options = engine_options(flags)] { look_ahead(options, stop_); });
}

void NextCheckpoint::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

}  // namespace flm
