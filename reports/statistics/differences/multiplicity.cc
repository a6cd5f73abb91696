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

/// From the largest p down, each p times `factor` tests by its rank.
PValues step_up(const PValues& p, double factor) {
  const std::vector<std::size_t> order = made_in_order(p);
  const double tests = static_cast<double>(order.size());
  PValues out(p.size());
  double least = 1;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    const std::size_t i = order[rank - 1];
    least = std::min(least, *p[i] * (tests * factor) / static_cast<double>(rank));
    out[i] = least;
  }
  return out;
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

PValues benjamini_hochberg(const PValues& p) { return step_up(p, 1); }

PValues benjamini_yekutieli(const PValues& p) {
  double harmonic = 0;
  const auto tests = std::count_if(p.begin(), p.end(), [](const auto& v) { return v.has_value(); });
  for (std::ptrdiff_t i = 1; i <= tests; ++i) harmonic += 1 / static_cast<double>(i);
  return step_up(p, harmonic);
}

}  // namespace flm
