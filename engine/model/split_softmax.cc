#include "engine/model/split_softmax.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace flm {
namespace {

std::int64_t blocks_of(const Range& part) { return (part.size() + kLogitBlock - 1) / kLogitBlock; }

template <class T>
std::vector<T> gather(Communicator& communicator, const std::vector<T>& mine) {
  std::vector<T> all(mine.size() * static_cast<std::size_t>(communicator.size()));
  communicator.all_gather(std::as_bytes(std::span(mine)), std::as_writable_bytes(std::span(all)));
  return all;
}

/// Of whole rows, the lowest id on ties.
std::vector<SoftmaxStats> gather_largest(const Backend& backend, Communicator& communicator,
                                         const Range& part, const float* logits,
                                         std::int64_t rows) {
  std::vector<RankedLogit> mine(static_cast<std::size_t>(rows),
                                {0, -std::numeric_limits<float>::infinity()});
  if (part.size() > 0) backend.largest_logits(logits, rows, part.size(), mine.data());
  for (RankedLogit& one : mine) one.first += static_cast<std::int32_t>(part.begin);
  const std::vector<RankedLogit> all = gather(communicator, mine);
  std::vector<SoftmaxStats> stats(mine.size());
  for (std::size_t r = 0; r < all.size(); ++r) {
    const auto& [id, value] = all[r];
    SoftmaxStats& row = stats[r % mine.size()];
    if (r < mine.size() || value > row.max) row = {value, 0, id};
  }
  return stats;
}

}  // namespace

std::vector<SoftmaxStats> split_softmax_stats(const Backend& backend, Communicator& communicator,
                                              std::span<const Range> parts, const float* logits,
                                              std::int64_t rows) {
  const Range part = parts[static_cast<std::size_t>(communicator.rank())];
  std::vector<SoftmaxStats> stats = gather_largest(backend, communicator, part, logits, rows);
  std::vector<float> largest;
  for (const SoftmaxStats& row : stats) largest.push_back(row.max);

  std::int64_t most = 0;  // blocks of a rank: all_gather moves equal sizes
  for (const Range& one : parts) most = std::max(most, blocks_of(one));
  const std::int64_t blocks = blocks_of(part);
  std::vector<float> sums(static_cast<std::size_t>(rows * blocks)),
      mine(static_cast<std::size_t>(rows * most));
  if (blocks > 0) backend.exp_sums(logits, rows, part.size(), largest.data(), sums.data());
  for (std::int64_t row = 0; row < rows; ++row)
    std::copy_n(sums.data() + row * blocks, blocks, mine.data() + row * most);
  const std::vector<float> all = gather(communicator, mine);
  for (std::int64_t row = 0; row < rows; ++row) {
    double total = 0;
    for (std::size_t rank = 0; rank < parts.size(); ++rank) {
      const float* of_rank = all.data() + rank * mine.size() + row * most;
      for (std::int64_t block = 0; block < blocks_of(parts[rank]); ++block)
        total += static_cast<double>(of_rank[block]);
    }
    stats[static_cast<std::size_t>(row)].sum = static_cast<float>(total);
  }
  return stats;
}

}  // namespace flm
