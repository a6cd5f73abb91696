#include "engine/cuda/runtime/graph_cache.h"

#include "engine/cuda/runtime/launch.h"

namespace flm {

void GraphCache::run(const Key& key, CudaStream stream, const std::function<void()>& body) {
  if (launches_wait()) return body();  // a kernel of a graph cannot be waited for
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() == kMost) entries_.clear();
    body();
    entries_[key] = nullptr;  // now that all its first uses are behind
    return;
  }
  if (!found->second) found->second = std::make_unique<Graph>(stream, body);
  found->second->launch(stream);
}

}  // namespace flm
