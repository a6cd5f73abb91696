#include "engine/numerics/logarithm.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace flm {
namespace {

constexpr double kLn2High = 0.693147180369123816490;  // 32 bits, so that exponent * high is exact
constexpr double kLn2Low = 1.90821492927058770002e-10;

}  // namespace

double log_double(double x) {
  if (!(x > 0))
    return x == 0 ? -std::numeric_limits<double>::infinity()
                  : std::numeric_limits<double>::quiet_NaN();
  if (std::isinf(x)) return x;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m =
      std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull);  // [1, 2)
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  const double f = m - 1.0;
  const double s = f / (2.0 + f), z = s * s;  // log m = 2 atanh(s), |s| <= 0.1716
  double p = 0;
  for (int n = 23; n >= 3; n -= 2) p = std::fma(p, z, 1.0 / n);
  // 2s = f - s f, so that the leading term f is exact.
  const double tail = std::fma(-s, f, 2.0 * s * z * p);
  return std::fma(exponent, kLn2High, f + std::fma(exponent, kLn2Low, tail));
}

}  // namespace flm
