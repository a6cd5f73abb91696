#include "reports/statistics/differences/multiplicity.h"

#include <algorithm>
#include <cstddef>

namespace flm {
namespace {

/// Indices of the tests that were made, the smallest p first.
std::vector<std::size_t> made_in_order(const PValues& p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p[i]) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t x, std::size_t y) { return *p[x] < *p[y]; });
  return order;
}

}  // namespace

PValues holm(const PValues& p) {
  const std::vector<std::size_t> order = made_in_order(p);
  PValues out(p.size());
  double most = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double left = static_cast<double>(order.size() - rank);
    most = std::max(most, std::min(1.0, left * *p[order[rank]]));
    out[order[rank]] = most;
  }
  return out;
}

PValues benjamini_hochberg(const PValues& p) {
  const std::vector<std::size_t> order = made_in_order(p);
  const double tests = static_cast<double>(order.size());
  PValues out(p.size());
  double least = 1;
  for (std::size_t rank = order.size(); rank > 0; --rank) {  // the largest p first
    const std::size_t i = order[rank - 1];
    least = std::min(least, *p[i] * tests / static_cast<double>(rank));
    out[i] = least;
  }
  return out;
}

}  // namespace flm
