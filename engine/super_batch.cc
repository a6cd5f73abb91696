#include "engine/super_batch.h"

#include <algorithm>

#include "base/errors.h"

namespace flm {
namespace {

double row_flops(std::int32_t position, const ModelFlops& flops) {
  return flops.row + flops.row_key * (position + 1);
}

/// Work of a path of `rows` rows from the root.
double path_flops(std::int32_t rows, const ModelFlops& flops) {
  return rows * flops.row + flops.row_key * 0.5 * rows * (rows + 1.0);
}

bool has_scored(const PrefixTrie& trie, std::int32_t node) {
  return !trie.scored(node, node + 1).empty();
}

/// The end of the batch that starts at `begin`, as far as the limits let it go.
std::int32_t furthest_end(const PrefixTrie& trie, std::int32_t begin, const ModelFlops& flops,
                          const BatchLimits& limits) {
  const std::int32_t above = trie.position(begin);
  double work = path_flops(above, flops);
  std::int32_t end = begin;
  for (; end < trie.nodes(); ++end) {
    const std::int64_t rows = above + end - begin + 1;
    work += row_flops(trie.position(end), flops) + (has_scored(trie, end) ? flops.head_row : 0);
    if (rows > limits.max_rows || (rows > limits.unhurried_rows && work > limits.max_flops)) break;
  }
  FLM_CHECK(end > begin, "a batch cannot hold one path");
  return end;
}

std::int32_t shallowest_cut(const PrefixTrie& trie, std::int32_t begin, std::int32_t end) {
  std::int32_t best = end;
  for (std::int32_t node = end; node > end - std::max(1, (end - begin) / 4); --node)
    if (trie.position(node) < trie.position(best)) best = node;
  return best;
}

}  // namespace

std::vector<SuperBatch> cut_into_batches(const PrefixTrie& trie, const ModelFlops& flops,
                                         const BatchLimits& limits) {
  std::vector<SuperBatch> batches;
  for (std::int32_t begin = 0; begin < trie.nodes();) {
    std::int32_t end = furthest_end(trie, begin, flops, limits);
    if (end < trie.nodes()) end = shallowest_cut(trie, begin, end);
    batches.push_back({begin, end, trie.position(begin)});
    begin = end;
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

double flops_of(const PrefixTrie& trie, const SuperBatch& batch, const ModelFlops& flops) {
  double work = path_flops(batch.recomputed, flops);
  for (std::int32_t node = batch.begin; node < batch.end; ++node)
    work += row_flops(trie.position(node), flops) + (has_scored(trie, node) ? flops.head_row : 0);
  return work;
}

}  // namespace flm
