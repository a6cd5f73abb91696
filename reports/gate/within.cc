#include "reports/gate/within.h"

#include <algorithm>
#include <cmath>

#include "reports/figures/figures.h"

namespace flm {
namespace {

constexpr int kMostDecimals = 12;  // what lies closer together is as good as equal

/// -1, 0 or 1: below, equal but for the last bits, beyond.
int side(double value, double limit) { return beyond(value, limit) - beyond(limit, value); }

}  // namespace

bool beyond(double value, double limit) {
  return value - limit > 1e-12 * std::max(1.0, std::fabs(limit));
}

int telling_decimals(double value, double limit, int decimals) {
  if (!std::isfinite(value) || !std::isfinite(limit)) return decimals;
  const auto told = [&](int digits) {
    return side(std::stod(fixed(value, digits)), std::stod(fixed(limit, digits)));
  };
  const int most = std::max(decimals, kMostDecimals);
  while (decimals < most && told(decimals) != side(value, limit)) ++decimals;
  return decimals;
}

std::string p_against(double p, double alpha) {
  if (p < 0.001 && p < alpha) return "p < .001";
  int decimals = 3;
  while (decimals < kMostDecimals && (std::stod(fixed(p, decimals)) < alpha) != (p < alpha))
    ++decimals;
  const std::string text = fixed(p, decimals);
  return "p = " + (text[0] == '0' ? text.substr(1) : text);
}

}  // namespace flm
