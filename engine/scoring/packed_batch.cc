#include "engine/scoring/packed_batch.h"

#include <algorithm>

namespace flm {
namespace {

/// The path above the slice, from the root down.
std::vector<std::int32_t> path_above(const PrefixTrie& trie, const TrieSlice& slice) {
  std::vector<std::int32_t> nodes(static_cast<std::size_t>(slice.recomputed));
  std::int32_t node = slice.begin;
  for (std::size_t p = nodes.size(); p-- > 0;) nodes[p] = node = trie.parent(node);
  return nodes;
}

/// Appends a row for a node, on its own slot; its parent's row is -1 at the root.
void add_row(const PrefixTrie& trie, std::int32_t node, std::int32_t parent_row,
             PackedBatch& packed) {
  const std::int32_t row = packed.rows(), position = trie.position(node);
  packed.ids.push_back(trie.token(node));
  packed.positions.push_back(position);
  packed.slots.push_back(row);
  if (row > 0 && parent_row == row - 1) {  // continues the path of the row before
    packed.path_begin.push_back(packed.path_begin.back());
    packed.path_count.push_back(packed.path_count.back());
    ++packed.segments.back().length;
    return;
  }
  const auto first = static_cast<std::int32_t>(packed.segments.size());
  if (parent_row >= 0) {  // branches off: the parent's path, cut at the parent
    const auto p = static_cast<std::size_t>(parent_row);
    for (std::int32_t s = 0; s < packed.path_count[p]; ++s) {
      KvSegment segment = packed.segments[static_cast<std::size_t>(packed.path_begin[p] + s)];
      segment.length = std::min(segment.length, position - segment.position);
      if (segment.length > 0) packed.segments.push_back(segment);
    }
  }
  packed.segments.push_back({row, position, 1});
  packed.path_begin.push_back(first);
  packed.path_count.push_back(static_cast<std::int32_t>(packed.segments.size()) - first);
}

void add_rows(const PrefixTrie& trie, const TrieSlice& slice, PackedBatch& packed) {
  for (const std::int32_t node : path_above(trie, slice))
    add_row(trie, node, packed.rows() - 1, packed);
  for (std::int32_t node = slice.begin; node < slice.end; ++node) {
    const std::int32_t parent = trie.parent(node);
    add_row(
        trie, node,
        parent >= slice.begin ? parent - slice.begin + slice.recomputed : trie.position(node) - 1,
        packed);
  }
}

/// What is asked of one row: each target once, though many may want it.
void add_head_row(std::span<const ScoredPosition> asked, std::span<const ScoreRequest> requests,
                  ScoringBatch& batch) {
  const auto head_row = static_cast<std::int32_t>(batch.queries.size());
  HeadQuery& query = batch.queries.emplace_back();
  for (const ScoredPosition& scored : asked) {
    if (query.targets.empty() || query.targets.back() != scored.target)
      query.targets.push_back(scored.target);
    query.top_k = std::max(query.top_k, requests[static_cast<std::size_t>(scored.request)].top_k);
    batch.recipients.push_back({head_row, static_cast<std::int32_t>(query.targets.size()) - 1,
                                scored.index, scored.request});
  }
}

}  // namespace

ScoringBatch pack(const PrefixTrie& trie, const TrieSlice& slice,
                  std::span<const ScoreRequest> requests) {
  ScoringBatch batch;
  add_rows(trie, slice, batch.rows);
  std::span<const ScoredPosition> scored = trie.scored(slice.begin, slice.end);
  batch.recipients.reserve(scored.size());
  while (!scored.empty()) {
    batch.rows.head_rows.push_back(scored.front().node - slice.begin + slice.recomputed);
    add_head_row(take_head_row(scored), requests, batch);
  }
  return batch;
}

}  // namespace flm
