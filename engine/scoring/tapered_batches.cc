#include "engine/scoring/tapered_batches.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <span>
#include <utility>

namespace flm {
namespace {

/// Tried in this order; powers of two and their halfway houses.
constexpr int kPiecesOfAModel[] = {32, 24, 16, 12, 8, 6, 4, 3, 2, 1};

/// Where no more than this share is computed again, larger pieces are not worth the search.
constexpr double kLittle = 0.01;

/// One of the models, the one that begins last, takes so much longer than planned: what large last
/// batches would have to pay for.
constexpr double kSlowModel = 1.1;

/// What a batch computes again is work besides its nodes'.
double own(const TrieSlice& slice, const ModelFlops& flops) {
  return slice.flops - flops.of_path(slice.recomputed);
}

double own(std::span<const TrieSlice> slices, const ModelFlops& flops) {
  double work = 0;
  for (const TrieSlice& slice : slices) work += own(slice, flops);
  return work;
}

/// Rows above a branch on average: what a batch that begins at one computes again.
double rows_again(const PrefixTrie& trie) {
  double branches = 0, rows = 0;
  for (std::int32_t node = 0; node < trie.nodes(); ++node) {
    if (node > 0 && trie.parent(node) == node - 1) continue;
    ++branches;
    rows += trie.position(node);
  }
  return branches > 0 ? rows / branches : 0;
}

/// The limits of pieces that have at least `fewest` rows and `work` FLOPs of their own.
BatchLimits limits_of_pieces(double work, double again, const ModelFlops& flops, BatchLimits limits,
                             std::int64_t fewest) {
  const auto rows = fewest + static_cast<std::int64_t>(again);
  limits.unhurried_rows = std::min(limits.unhurried_rows, rows);
  limits.max_flops = std::min(limits.max_flops, work + flops.of_path(again));
  limits.batch_rows = std::min(limits.batch_rows, static_cast<double>(fewest));
  return limits;
}

/// Neighbours joined, as long as they are within the limits and their share of what is left.
std::vector<TrieSlice> join(std::span<const TrieSlice> pieces, const ModelFlops& flops,
                            const BatchLimits& limits, int models) {
  double left = own(pieces, flops);
  std::vector<TrieSlice> joined;
  while (!pieces.empty()) {
    TrieSlice batch = pieces.front();
    pieces = pieces.subspan(1);
    const double most = std::min(left / (2.0 * models), limits.max_flops);
    while (!pieces.empty()) {
      TrieSlice both = batch;
      both.end = pieces.front().end;
      both.flops += own(pieces.front(), flops);
      if (both.rows() > limits.max_rows || both.flops > most) break;
      batch = both;
      pieces = pieces.subspan(1);
    }
    left -= own(batch, flops);
    joined.push_back(batch);
  }
  return joined;
}

/// FLOPs of the model that ends last, where each takes the next batch as soon as it is free.
double last_end(std::span<const TrieSlice> batches, double flops_of_a_batch, int models) {
  using Free = std::pair<double, int>;  // when, which model
  std::priority_queue<Free, std::vector<Free>, std::greater<>> free;
  for (int model = 0; model < models; ++model) free.emplace(0.0, model);
  double last = 0;
  for (const TrieSlice& batch : batches) {
    const auto [start, model] = free.top();
    free.pop();
    const double speed = model + 1 == models ? kSlowModel : 1;
    const double end = start + speed * (batch.flops + flops_of_a_batch);
    free.emplace(end, model);
    last = std::max(last, end);
  }
  return last;
}

}  // namespace

std::vector<TrieSlice> tapered_batches(const PrefixTrie& trie, const ModelFlops& flops,
                                       const BatchLimits& limits, int models, std::int64_t fewest) {
  const double work = own(cut_into_batches(trie, flops, limits), flops);
  const double again = rows_again(trie);
  std::vector<TrieSlice> best;
  double earliest = std::numeric_limits<double>::infinity();
  for (const int pieces : kPiecesOfAModel) {
    const BatchLimits small =
        limits_of_pieces(work / pieces / models, again, flops, limits, fewest);
    std::vector<TrieSlice> batches =
        join(cut_into_batches(trie, flops, small), flops, limits, models);
    const double end = last_end(batches, limits.batch_rows * flops.row, models);
    double all = 0;
    for (const TrieSlice& batch : batches) all += batch.flops;
    if (end < earliest) {
      earliest = end;
      best = std::move(batches);
    }
    if (all - work <= kLittle * all) break;
  }
  return best;
}

}  // namespace flm
