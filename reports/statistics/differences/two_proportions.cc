#include "reports/statistics/differences/two_proportions.h"

#include <cmath>

#include "base/errors.h"
#include "reports/statistics/distributions.h"

namespace flm {

Interval newcombe_unpaired(const Share& a, const Share& b, double confidence) {
  FLM_CHECK(a.items > 0 && b.items > 0, "a share wants items");
  const double z = normal_two_sided(confidence);
  const auto interval = [&](const Share& share) {
    return wilson(static_cast<double>(share.right), static_cast<double>(share.items), z);
  };
  const auto value = [](const Share& share) {
    return static_cast<double>(share.right) / static_cast<double>(share.items);
  };
  const Interval of_a = interval(a), of_b = interval(b);
  const double p_a = value(a), p_b = value(b);
  const auto together = [](double one, double other) {
    return std::sqrt(one * one + other * other);
  };
  return {p_b - p_a - together(p_b - of_b.low, of_a.high - p_a),
          p_b - p_a + together(of_b.high - p_b, p_a - of_a.low)};
}

}  // namespace flm
