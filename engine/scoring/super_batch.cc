#include "engine/scoring/super_batch.h"

#include <algorithm>

#include "base/errors.h"
#include "engine/scoring/batch_cuts.h"

namespace flm {

std::vector<SuperBatch> cut_into_batches(const PrefixTrie& trie, const ModelFlops& flops,
                                         const BatchLimits& limits) {
  std::vector<SuperBatch> batches;
  if (trie.nodes() == 0) return batches;
  const std::vector<CutPlace> places = cut_places(trie, flops);
  const std::vector<std::size_t> cuts = cheapest_cuts(places, flops, limits);
  for (std::size_t c = 0; c + 1 < cuts.size(); ++c) {
    const CutPlace& from = places[cuts[c]];
    const CutPlace& to = places[cuts[c + 1]];
    batches.push_back(
        {from.node, to.node, from.above, to.work - from.work + path_flops(from.above, flops)});
  }
  return batches;
}

PackedBatch pack(const PrefixTrie& trie, const SuperBatch& batch) {
  // Nodes of the batch by row, and the row of each parent.
  std::vector<std::int32_t> above(static_cast<std::size_t>(batch.recomputed));
  for (std::int32_t node = trie.parent(batch.begin), p = batch.recomputed; p-- > 0;
       node = trie.parent(node))
    above[static_cast<std::size_t>(p)] = node;
  PackedBatch packed;
  auto add_row = [&](std::int32_t node, std::int32_t parent_row) {
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
  };
  for (std::int32_t row = 0; row < batch.recomputed; ++row)
    add_row(above[static_cast<std::size_t>(row)], row - 1);
  for (std::int32_t node = batch.begin; node < batch.end; ++node) {
    const std::int32_t parent = trie.parent(node);
    add_row(node, parent >= batch.begin ? parent - batch.begin + batch.recomputed
                                        : trie.position(node) - 1);
  }
  for (const ScoredPosition& scored : trie.scored(batch.begin, batch.end)) {
    const std::int32_t row = scored.node - batch.begin + batch.recomputed;
    if (packed.head_rows.empty() || packed.head_rows.back() != row) packed.head_rows.push_back(row);
  }
  return packed;
}

std::vector<HeadQuery> queries_of(const PrefixTrie& trie, const SuperBatch& batch,
                                  std::span<const ScoreRequest> requests) {
  std::vector<HeadQuery> queries;
  std::int32_t last = -1;
  for (const ScoredPosition& scored : trie.scored(batch.begin, batch.end)) {
    if (scored.node != last) queries.emplace_back();
    last = scored.node;
    HeadQuery& query = queries.back();
    if (query.targets.empty() || query.targets.back() != scored.target)
      query.targets.push_back(scored.target);
    query.top_k = std::max(query.top_k, requests[static_cast<std::size_t>(scored.request)].top_k);
  }
  return queries;
}

}  // namespace flm
