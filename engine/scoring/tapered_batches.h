// Batches for several models that take them in turn: large ones first, ever smaller ones towards
// the end, so that all models end together.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/model_cost.h"
#include "engine/scoring/batch_cuts.h"
#include "engine/scoring/prefix_trie.h"

namespace flm {

/// Less is hardly worth a batch where weights stay.
inline constexpr std::int64_t kFewestRowsOfABatch = 64;

/// The slices in order, each node in one. A batch takes up to 1/(2 models) of the work that is
/// left, within the rows and the time of `limits` (guided self-scheduling, Polychronopoulos and
/// Kuck 1987), and is made of whole pieces of at least `fewest` rows: 32 for each model, or fewer
/// and larger ones, for the header that a piece computes again may be longer than its questions. Of
/// these the number is taken with which the last model is expected to end the earliest.
std::vector<TrieSlice> tapered_batches(const PrefixTrie& trie, const ModelFlops& flops,
                                       const BatchLimits& limits, int models,
                                       std::int64_t fewest = kFewestRowsOfABatch);

}  // namespace flm
