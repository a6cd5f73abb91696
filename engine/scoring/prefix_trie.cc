#include "engine/scoring/prefix_trie.h"

#include <tbb/parallel_sort.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <tuple>

#include "base/errors.h"

namespace flm {
namespace {

std::span<const std::int32_t> inputs_of(const ScoreRequest& request) {
  return std::span(request.tokens).first(request.tokens.size() - 1);
}

bool scores_something(const ScoreRequest& request) {
  return static_cast<std::size_t>(request.first_scored) < request.tokens.size();
}

/// Length of the common prefix; long ones in blocks, for few-shot headers are equal in most pairs.
std::size_t shared_length(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  constexpr std::size_t kBlock = 64;
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at + kBlock <= most &&
         std::memcmp(a.data() + at, b.data() + at, kBlock * sizeof(std::int32_t)) == 0)
    at += kBlock;
  while (at < most && a[at] == b[at]) ++at;
  return at;
}

}  // namespace

std::span<const ScoredPosition> take_head_row(std::span<const ScoredPosition>& scored) {
  std::size_t count = 1;
  while (count < scored.size() && scored[count].node == scored[0].node) ++count;
  const std::span<const ScoredPosition> first = scored.first(count);
  scored = scored.subspan(count);
  return first;
}

PrefixTrie::PrefixTrie(std::span<const ScoreRequest> requests, std::int64_t most) : most_(most) {
  std::vector<std::int64_t> order;
  for (std::size_t i = 0; i < requests.size(); ++i)
    if (scores_something(requests[i])) order.push_back(static_cast<std::int64_t>(i));
  // Sorted by their inputs, requests that share a prefix are neighbours: the order is the
  // depth-first walk.
  tbb::parallel_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    const auto x = inputs_of(requests[static_cast<std::size_t>(a)]),
               y = inputs_of(requests[static_cast<std::size_t>(b)]);
    const std::size_t shared = shared_length(x, y);
    if (shared < std::min(x.size(), y.size())) return x[shared] < y[shared];
    return x.size() != y.size() ? x.size() < y.size() : a < b;
  });
  std::vector<std::int32_t> path;  // nodes of the request before
  std::span<const std::int32_t> before;
  for (std::int64_t i : order) {
    const ScoreRequest& request = requests[static_cast<std::size_t>(i)];
    insert(request, before, i, path);
    before = inputs_of(request);
  }
  std::stable_sort(scored_.begin(), scored_.end(),
                   [](const ScoredPosition& a, const ScoredPosition& b) {
                     return std::tie(a.node, a.target) < std::tie(b.node, b.target);
                   });
}

void PrefixTrie::insert(const ScoreRequest& request, std::span<const std::int32_t> before,
                        std::int64_t index, std::vector<std::int32_t>& path) {
  const auto inputs = inputs_of(request);
  const std::size_t shared = shared_length(before, inputs);
  path.resize(shared);
  for (std::size_t p = shared; p < inputs.size(); ++p) {
    if (nodes() == most_)
      throw UserError(
          "the requests have more distinct prefixes than one call counts; give them in "
          "parts, each of at most " +
          std::to_string(most_) + " (--tasks, --limit or --samples)");
    parents_.push_back(p == 0 ? -1 : path.back());
    path.push_back(nodes());
    tokens_.push_back(inputs[p]);
    positions_.push_back(static_cast<std::int32_t>(p));
  }
  longest_ = std::max(longest_, static_cast<std::int32_t>(inputs.size()));
  for (auto p = static_cast<std::size_t>(request.first_scored); p < request.tokens.size(); ++p)
    scored_.push_back({path[p - 1], request.tokens[p],
                       static_cast<std::int32_t>(p) - request.first_scored, index});
}

std::span<const ScoredPosition> PrefixTrie::scored(std::int32_t begin, std::int32_t end) const {
  const auto before = [](const ScoredPosition& scored, std::int32_t node) {
    return scored.node < node;
  };
  const auto first = std::lower_bound(scored_.begin(), scored_.end(), begin, before);
  const auto last = std::lower_bound(first, scored_.end(), end, before);
  return {first, last};
}

}  // namespace flm
