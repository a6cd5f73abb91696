// Cuts a trie into batches that fit the memory plan and lose little when interrupted.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/batch.h"
#include "engine/model/model.h"
#include "engine/model/model_cost.h"
#include "engine/scoring/prefix_trie.h"

namespace flm {

struct BatchLimits {
  std::int64_t max_rows = 0;        // of the memory plan
  std::int64_t unhurried_rows = 0;  // up to here a batch may take longer than max_flops
  double max_flops = 0;             // of the time that a batch may take
  double batch_rows = 64;           // what one more batch costs, in rows
  double late_rows = 128;           // what a batch of up to half as long again costs, in rows
};

/// Nodes [begin, end) in depth-first order, and the path above `begin`, which is computed again.
struct SuperBatch {
  std::int32_t begin = 0, end = 0;
  std::int32_t recomputed = 0;  // rows of the path above begin
  double flops = 0;
  std::int32_t rows() const { return recomputed + end - begin; }
};

/// A pure function of trie and limits. Batches begin where a branch does, and of all ways to cut
/// the one that computes the fewest rows again is taken: at the borders of few-shot headers, and
/// inside one only where it must be. max_rows >= the longest path. A batch has at least
/// unhurried_rows where max_rows allows (the last one apart); one path may take it beyond
/// max_flops, and up to half as much again may where that keeps what is shared together.
std::vector<SuperBatch> cut_into_batches(const PrefixTrie& trie, const ModelFlops& flops,
                                         const BatchLimits& limits);

/// Rows, paths and head rows of a batch; the recomputed path comes first and is asked nothing.
PackedBatch pack(const PrefixTrie& trie, const SuperBatch& batch);

/// For each head row of the batch the distinct targets, ascending. `top_k` of a row: the most any
/// request wants.
std::vector<HeadQuery> queries_of(const PrefixTrie& trie, const SuperBatch& batch,
                                  std::span<const ScoreRequest> requests);

}  // namespace flm
