#include "engine/batch_cuts.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <tuple>

#include "base/errors.h"

namespace flm {
namespace {

/// Places [nearest, furthest] at which a batch from one place may end.
struct Reach {
  std::size_t nearest = 0, furthest = 0;
};

class Cutter {
 public:
  Cutter(const std::vector<CutPlace>& places, const ModelFlops& flops, const BatchLimits& limits)
      : places_(places), flops_(flops), limits_(limits) {}

  Reach reach(std::size_t from) const {
    const std::size_t memory =
        last_where(from, [&](std::size_t to) { return rows(from, to) <= limits_.max_rows; });
    const std::size_t time = last_where(from, [&](std::size_t to) {
      return places_[to].work - places_[from].work + path_flops(places_[from].above, flops_) <=
             limits_.max_flops;
    });
    const std::size_t enough =
        last_where(from, [&](std::size_t to) { return rows(from, to) < limits_.unhurried_rows; });
    FLM_CHECK(memory > from, "a batch cannot hold one path");
    const std::size_t nearest = std::min({enough + 1, memory, places_.size() - 1});
    return {nearest, std::clamp(time, nearest, memory)};
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

}  // namespace

double path_flops(std::int32_t rows, const ModelFlops& flops) {
  return rows * flops.row + flops.row_key * 0.5 * rows * (rows + 1.0);
}

std::vector<CutPlace> cut_places(const PrefixTrie& trie, const ModelFlops& flops) {
  std::vector<CutPlace> places;
  const auto scored = trie.scored(0, trie.nodes());
  auto next = scored.begin();
  double work = 0;
  for (std::int32_t node = 0; node < trie.nodes(); ++node) {
    if (node == 0 || trie.parent(node) != node - 1)
      places.push_back({node, trie.position(node), work});
    work += flops.row + flops.row_key * (trie.position(node) + 1);
    if (next == scored.end() || next->node != node) continue;
    work += flops.head_row;
    while (next != scored.end() && next->node == node) ++next;
  }
  places.push_back({trie.nodes(), 0, work});
  return places;
}

std::vector<std::size_t> cheapest_cuts(const std::vector<CutPlace>& places, const ModelFlops& flops,
                                       const BatchLimits& limits) {
  const Cutter cutter(places, flops, limits);
  const std::size_t end = places.size() - 1;
  std::vector<std::vector<Start>> opening(places.size());  // starts, at their nearest end
  std::vector<std::size_t> previous(places.size(), end);
  std::priority_queue<Start> open;
  for (std::size_t place = 0; place <= end; ++place) {
    for (const Start& start : opening[place]) open.push(start);
    opening[place] = {};
    while (!open.empty() && open.top().furthest < place) open.pop();
    if (place > 0 && open.empty()) continue;  // no batch can end here
    const double cost = place == 0 ? 0 : open.top().cost;
    if (place > 0) previous[place] = open.top().place;
    if (place == end) break;
    const Reach reach = cutter.reach(place);
    opening[reach.nearest].push_back({cost + cutter.cost(place), place, reach.furthest});
  }
  std::vector<std::size_t> cuts = {end};
  while (cuts.back() != 0) cuts.push_back(previous[cuts.back()]);
  std::reverse(cuts.begin(), cuts.end());
  return cuts;
}

}  // namespace flm
