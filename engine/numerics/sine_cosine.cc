#include "engine/numerics/sine_cosine.h"

#include <cmath>
#include <cstdint>

namespace flm {
namespace {

/// Taylor of sin(r) / cos(r) for |r| <= pi/4, innermost coefficient first; the remainder is below
/// 1e-18.
double sine_core(double r) {
  const double s = r * r;
  double p = 0;
  for (int n = 19; n >= 3; n -= 2) p = std::fma(p, s, 1.0) * (-1.0 / (n * (n - 1.0)));
  return std::fma(p * s, r, r);
}

double cosine_core(double r) {
  const double s = r * r;
  double p = 0;
  for (int n = 20; n >= 4; n -= 2) p = std::fma(p, s, 1.0) * (-1.0 / (n * (n - 1.0)));
  // 1 - s/2 + (s/2) * (-p * s): the first two terms and what their rounding lost.
  const double half = 0.5 * s, head = 1.0 - half;
  return head + ((1.0 - head) - half - half * (p * s));
}

}  // namespace

SinCos sin_cos_double(double x) {
  // pi/2 in three doubles; fma makes each product exact before it is subtracted.
  constexpr double kHigh = 1.5707963267948966, kMiddle = 6.123233995736766e-17,
                   kLow = -1.4973849048591833e-33;
  const double n = std::nearbyint(x * 0.6366197723675814);
  double r = std::fma(-n, kHigh, x);
  r = std::fma(-n, kMiddle, r);
  r = std::fma(-n, kLow, r);
  const double sine = sine_core(r), cosine = cosine_core(r);
  switch (static_cast<std::int64_t>(n) & 3) {
    case 0:
      return {sine, cosine};
    case 1:
      return {cosine, -sine};
    case 2:
      return {-sine, -cosine};
    default:
      return {-cosine, sine};
  }
}

}  // namespace flm
