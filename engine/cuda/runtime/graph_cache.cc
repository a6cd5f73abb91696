#include "engine/cuda/runtime/graph_cache.h"

#include "engine/cuda/runtime/launch.h"

namespace flm {

void GraphCache::run(const Key& key, CudaStream stream, const std::function<void()>& body,
                     const Agreement& agree) {
  if (launches_wait()) return body();  // a kernel of a graph cannot be waited for
  const auto found = entries_.find(key);
  const bool seen = found != entries_.end();
  const int step = agree(!seen ? kPlain : !found->second ? kRecord : kReplay);
  if (step == kPlain) {
    if (!seen && entries_.size() == kMost) entries_.clear();
    body();
    entries_[key] = nullptr;  // now that all its first uses are behind
    return;
  }
  if (step == kRecord) {
    found->second = std::make_unique<Graph>(stream, body);
    (void)agree(kReplay);  // none runs its graph before all have theirs
  }
  found->second->launch(stream);
}

}  // namespace flm
