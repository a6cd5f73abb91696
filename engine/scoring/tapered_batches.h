// Batches for several models that take them in turn: large ones first, ever smaller ones towards
// the end, so that all models end together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/model_cost.h"
#include "engine/scoring/batch_cuts.h"
#include "engine/scoring/prefix_trie.h"

namespace flm {

/// Less is hardly worth a batch where weights stay.
inline constexpr std::int64_t kFewestRowsOfABatch = 64;

/// The limits of batches that are joined afterwards: about 32 for each of `models`, if there are
/// so many times `fewest` rows.
BatchLimits small_batches(const PrefixTrie& trie, const ModelFlops& flops, BatchLimits limits,
                          int models, std::int64_t fewest = kFewestRowsOfABatch);

/// Neighbours of `small` joined: a batch takes up to 1/(2 models) of the work that is left, within
/// the rows and the time of `limits` (guided self-scheduling, Polychronopoulos and Kuck 1987).
std::vector<TrieSlice> join_tapered(std::span<const TrieSlice> small, const ModelFlops& flops,
                                    const BatchLimits& limits, int models);

}  // namespace flm
