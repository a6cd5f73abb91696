// Steps that come again and again, as recorded graphs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "engine/cuda/runtime/runtime.h"

namespace flm {

/// The first run of a key is plain, the second records, later ones replay: the same kernels with
/// the same arguments, hence the same bits. A key names every argument that can differ.
class GraphCache {
 public:
  using Key = std::vector<std::int64_t>;

  void run(const Key& key, CudaStream stream, const std::function<void()>& body);
  /// Before memory that graphs may hold is freed.
  void clear() { entries_.clear(); }

 private:
  static constexpr std::size_t kMost = 128;  // graphs; beyond it all are made anew

  std::map<Key, std::unique_ptr<Graph>> entries_;  // null: seen once
};

}  // namespace flm
