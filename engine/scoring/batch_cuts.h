// Where to cut a trie into batches: they fit the memory, lose little when interrupted, and compute
// as few rows twice as can be.
//
//   header - question 1      a cut between two questions of one header computes the header again;
//         \- question 2      one between two headers computes nothing again
//   header - question 3
//         \- question 4
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/model_cost.h"
#include "engine/scoring/prefix_trie.h"

namespace flm {

struct BatchLimits {
  std::int64_t max_rows = 0;        // that fit the memory
  std::int64_t unhurried_rows = 0;  // up to here a batch may take longer than max_flops
  double max_flops = 0;             // of the time that a batch should take
  double batch_rows = 64;           // what one more batch costs, in rows
  double late_rows = 128;           // what a batch of up to half as long again costs, in rows
};

/// The slices in order, each node in one; a pure function of trie and limits, and max_rows >= the
/// longest path. Slices begin where a branch does. Of all ways to cut the cheapest is taken: each
/// slice costs the rows that it computes again, batch_rows, and late_rows if it is late.
///
/// No slice has more than max_rows. Each but the last has at least unhurried_rows, if max_rows and
/// the branches allow. Beyond them its work should stay within max_flops; it may be late, which is
/// up to 1.5 * max_flops, where a header then stays with all its questions. Only a slice that
/// cannot end sooner, for its first branch or the unhurried rows take longer, goes beyond that.
std::vector<TrieSlice> cut_into_batches(const PrefixTrie& trie, const ModelFlops& flops,
                                        const BatchLimits& limits);

}  // namespace flm
