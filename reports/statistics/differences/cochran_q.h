// Do several runs over the same items, each right or wrong, differ at all?
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace flm {

struct CochranQ {
  std::optional<double> q;  // null: no item tells the runs apart
  std::int64_t df = 0;      // runs - 1
  double p = 1;
};

/// [runs][items] of zeros and ones; two runs or more, as many items each.
CochranQ cochran_q(const std::vector<std::vector<double>>& runs);

}  // namespace flm
