// Where to cut a trie, so that the fewest rows are computed twice.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/scoring/super_batch.h"

namespace flm {

/// A node where a batch may begin: the start of a branch, or the end of the trie.
struct CutPlace {
  std::int32_t node = 0;
  std::int32_t above = 0;  // rows of the path above it
  double work = 0;         // of all nodes before it
};

/// Branches of a trie in order, the end last.
std::vector<CutPlace> cut_places(const PrefixTrie& trie, const ModelFlops& flops);

/// The cheapest way from the first place to the last, as indices of the places that batches begin
/// at, and of the end.
std::vector<std::size_t> cheapest_cuts(const std::vector<CutPlace>& places, const ModelFlops& flops,
                                       const BatchLimits& limits);

/// Work of a path of `rows` rows from the root.
double path_flops(std::int32_t rows, const ModelFlops& flops);

}  // namespace flm
