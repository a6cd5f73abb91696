// The exchange test: had it been chance which of its two answers to an item is A's, how often would
// a figure of all items at once differ as much? The sign-flip test of any statistic.
#pragma once

#include <cstdint>

#include "reports/statistics/aggregates/aggregate.h"
#include "reports/statistics/aggregates/bootstrap.h"

namespace flm {

struct ExchangeTest {
  double p = 1;        // two-sided
  double least_p = 1;  // that so many items and patterns can give
};

/// `pooled`: the items of A and then, in the same order, those of B; `statistic` of some of them,
/// by their indices, as for a bootstrap. p is the share of patterns of exchanged items whose
/// difference is as large as the observed one, which is one of them. Exact where there are no more
/// patterns than would be drawn. Else (1 + count) / (1 + patterns) of random ones, the same for any
/// number of threads: 100,000, over more than 500 items fewer, down to 10,000 from 5,000 items on;
/// and no more than 10,000 where these say p > 0.1, which rejects nothing that the others would
/// not. Differences that rounding alone tells apart are ties; a pattern without a figure counts as
/// large.
ExchangeTest exchange_test(const ItemValues& pooled, const ReplicateStatistic& statistic,
                           std::uint64_t seed = 1234);

}  // namespace flm
