#include "engine/scoring/batch_cuts.h"

#include <algorithm>
#include <queue>
#include <span>
#include <tuple>
#include <utility>

#include "base/errors.h"

namespace flm {
namespace {

constexpr double kLate = 1.5;  // of max_flops

/// A node where a batch may begin: the start of a branch, or the end of the trie.
struct CutPlace {
  std::int32_t node = 0;
  std::int32_t above = 0;  // rows of the path above it
  double work = 0;         // of all nodes before it
};

/// Branches of a trie in order, the end last.
std::vector<CutPlace> cut_places(const PrefixTrie& trie, const ModelFlops& flops) {
  std::vector<CutPlace> places;
  std::span<const ScoredPosition> scored = trie.scored();
  double work = 0;
  for (std::int32_t node = 0; node < trie.nodes(); ++node) {
    if (node == 0 || trie.parent(node) != node - 1)
      places.push_back({node, trie.position(node), work});
    work += flops.of_row(trie.position(node));
    if (scored.empty() || scored.front().node != node) continue;
    work += flops.head_row;
    (void)take_head_row(scored);
  }
  places.push_back({trie.nodes(), 0, work});
  return places;
}

/// The places at which a batch from one place may end: from nearest to furthest in time, beyond it
/// up to `late` too late.
struct Reach {
  std::size_t nearest = 0, furthest = 0, late = 0;
};

class Cutter {
 public:
  Cutter(const std::vector<CutPlace>& places, const ModelFlops& flops, const BatchLimits& limits)
      : places_(places), flops_(flops), limits_(limits) {}

  Reach reach(std::size_t from) const {
    const std::size_t memory =
        last_where(from, [&](std::size_t to) { return rows(from, to) <= limits_.max_rows; });
    const auto within = [&](double flops) {
      return last_where(from, [&](std::size_t to) {
        return places_[to].work - places_[from].work + flops_.of_path(places_[from].above) <= flops;
      });
    };
    const std::size_t enough =
        last_where(from, [&](std::size_t to) { return rows(from, to) < limits_.unhurried_rows; });
    FLM_CHECK(memory > from, "a batch cannot hold one path");
    const std::size_t nearest = std::min({enough + 1, memory, places_.size() - 1});
    return {nearest, std::clamp(within(limits_.max_flops), nearest, memory),
            std::clamp(within(kLate * limits_.max_flops), nearest, memory)};
  }

  double cost(std::size_t from) const { return places_[from].above + limits_.batch_rows; }

 private:
  std::int64_t rows(std::size_t from, std::size_t to) const {
    return std::int64_t{places_[from].above} + places_[to].node - places_[from].node;
  }

  /// The last place after `from` for which `holds`, which holds up to some place; `from` if none.
  template <typename Holds>
  std::size_t last_where(std::size_t from, const Holds& holds) const {
    std::size_t low = from, high = places_.size() - 1;
    while (low < high) {
      const std::size_t middle = low + (high - low + 1) / 2;
      if (holds(middle))
        low = middle;
      else
        high = middle - 1;
    }
    return low;
  }

  const std::vector<CutPlace>& places_;
  const ModelFlops& flops_;
  const BatchLimits& limits_;
};

/// A place to come from, the cheapest first; of equal ones the earliest.
struct Start {
  double cost = 0;
  std::size_t place = 0, furthest = 0;
  bool operator<(const Start& other) const {
    return std::tie(cost, place) > std::tie(other.cost, other.place);
  }
};

/// Starts from which a batch may still end here.
class OpenStarts {
 public:
  void push(const Start& start) { open_.push(start); }
  const Start* best(std::size_t place) {
    while (!open_.empty() && open_.top().furthest < place) open_.pop();
    return open_.empty() ? nullptr : &open_.top();
  }

 private:
  std::priority_queue<Start> open_;
};

/// The cheapest way from the first place to the last, as indices of the places that batches begin
/// at, and of the end. Walks through the places in order: a start becomes a candidate at its
/// nearest end and stays one up to its furthest (or, for late_rows more, its latest).
std::vector<std::size_t> cheapest_cuts(const std::vector<CutPlace>& places, const ModelFlops& flops,
                                       const BatchLimits& limits) {
  const Cutter cutter(places, flops, limits);
  const std::size_t end = places.size() - 1;
  std::vector<std::vector<std::pair<Start, Reach>>> opening(places.size());  // by nearest end
  std::vector<std::size_t> previous(places.size(), end);
  OpenStarts in_time, late;
  for (std::size_t place = 0; place <= end; ++place) {
    for (const auto& [start, reach] : opening[place]) {
      in_time.push({start.cost, start.place, reach.furthest});
      late.push({start.cost + limits.late_rows, start.place, reach.late});
    }
    opening[place] = {};
    const Start* best = in_time.best(place);
    if (const Start* other = late.best(place); other && (!best || other->cost < best->cost))
      best = other;
    if (place > 0 && !best) continue;  // no batch can end here
    if (best) previous[place] = best->place;
    if (place == end) break;
    const Reach reach = cutter.reach(place);
    const double cost = (best ? best->cost : 0) + cutter.cost(place);
    opening[reach.nearest].push_back({{cost, place, reach.furthest}, reach});
  }
  std::vector<std::size_t> cuts = {end};
  while (cuts.back() != 0) cuts.push_back(previous[cuts.back()]);
  std::reverse(cuts.begin(), cuts.end());
  return cuts;
}

}  // namespace

std::vector<TrieSlice> cut_into_batches(const PrefixTrie& trie, const ModelFlops& flops,
                                        const BatchLimits& limits) {
  std::vector<TrieSlice> slices;
  if (trie.nodes() == 0) return slices;
  const std::vector<CutPlace> places = cut_places(trie, flops);
  const std::vector<std::size_t> cuts = cheapest_cuts(places, flops, limits);
  for (std::size_t c = 0; c + 1 < cuts.size(); ++c) {
    const CutPlace& from = places[cuts[c]];
    const CutPlace& to = places[cuts[c + 1]];
    slices.push_back(
        {from.node, to.node, from.above, to.work - from.work + flops.of_path(from.above)});
  }
  return slices;
}

}  // namespace flm
