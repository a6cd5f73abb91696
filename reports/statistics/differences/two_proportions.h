// Two runs over different items, each right or wrong: nothing is paired.
#pragma once

#include <cstdint>

#include "reports/statistics/interval.h"

namespace flm {

/// Right answers among items of one run.
struct Share {
  std::int64_t right = 0, items = 0;  // items > 0
};

/// Newcombe's hybrid score interval (1998, "method 10" of the unpaired) of B - A.
Interval newcombe_unpaired(const Share& a, const Share& b, double confidence = 0.95);

}  // namespace flm
