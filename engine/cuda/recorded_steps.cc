#include "engine/cuda/recorded_steps.h"

namespace flm {

void RecordedSteps::run(const GraphCache::Key& key, const std::function<void()>& body,
                        const std::unique_ptr<DeviceCollectives>& collectives) {
  if (const std::int64_t frees = plain_.frees() + own_.frees(); frees != frees_) {
    graphs_.clear();
    frees_ = frees;
  }
  running_ = true;
  try {
    graphs_.run(key, stream_, body,
                [&](int step) { return collectives ? collectives->least_of_all(step) : step; });
    if (collectives) collectives->launched(stream_);
  } catch (...) {
    running_ = false;
    throw;
  }
  running_ = false;
}

}  // namespace flm
