#include "engine/scoring/tapered_batches.h"

#include <algorithm>

namespace flm {
namespace {

constexpr double kBatchesOfAModel = 32;

}  // namespace

BatchLimits small_batches(const PrefixTrie& trie, const ModelFlops& flops, BatchLimits limits,
                          int models, std::int64_t fewest) {
  const double parts = kBatchesOfAModel * models;
  const auto rows = static_cast<std::int64_t>(static_cast<double>(trie.nodes()) / parts);
  const std::int64_t wanted = std::max(rows, fewest);
  limits.unhurried_rows = std::min(limits.unhurried_rows, wanted);
  limits.max_flops = std::min(limits.max_flops, static_cast<double>(wanted) * flops.row);
  limits.batch_rows = std::min(limits.batch_rows, static_cast<double>(fewest));
  return limits;
}

std::vector<TrieSlice> join_tapered(std::span<const TrieSlice> small, const ModelFlops& flops,
                                    const BatchLimits& limits, int models) {
  const auto own = [&](const TrieSlice& slice) {
    return slice.flops - flops.of_path(slice.recomputed);
  };
  double left = 0;  // of the nodes themselves: what is computed again depends on the cuts
  for (const TrieSlice& slice : small) left += own(slice);
  std::vector<TrieSlice> joined;
  while (!small.empty()) {
    TrieSlice batch = small.front();
    small = small.subspan(1);
    const double most = std::min(left / (2.0 * models), limits.max_flops);
    while (!small.empty()) {
      TrieSlice both = batch;
      both.end = small.front().end;
      both.flops += own(small.front());
      if (both.rows() > limits.max_rows || both.flops > most) break;
      batch = both;
      small = small.subspan(1);
    }
    left -= own(batch);
    joined.push_back(batch);
  }
  return joined;
}

}  // namespace flm
