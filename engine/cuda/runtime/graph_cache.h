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

  /// What a run is: it runs the body, records it (and replays that), or replays.
  enum Step : int { kPlain = 0, kRecord = 1, kReplay = 2 };
  /// `agree` makes of this cache's step one that comes no later: where the steps of several devices
  /// wait for each other, all have to be the same.
  using Agreement = std::function<int(int step)>;

  void run(
      const Key& key, CudaStream stream, const std::function<void()>& body,
      const Agreement& agree = [](int step) { return step; });
  /// Before memory that graphs may hold is freed.
  void clear() { entries_.clear(); }

 private:
  static constexpr std::size_t kMost = 128;  // graphs; beyond it all are made anew

  std::map<Key, std::unique_ptr<Graph>> entries_;  // null: seen once
};

}  // namespace flm
