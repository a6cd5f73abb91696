#include "reports/statistics/special_functions.h"

#include <cmath>
#include <numbers>

#include "base/errors.h"

namespace flm {
namespace {

/// erf(x) = 2 / sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (1 3 5 ... (2n+1)): no term cancels another.
double erf_series(double x) {
  double term = x, sum = x;
  for (int n = 1; term > sum * 1e-17; ++n) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x) * sum;
}

/// erfc(x) = e^(-x^2) / sqrt(pi) / (x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))), from the inside out.
double erfc_fraction(double x) {
  const double square = x * x, left_out = std::fma(x, x, -square);
  const int steps =
      20 + static_cast<int>(200 / square);  // what is left out: below 1e-17 of the value
  double fraction = x;
  for (int n = steps; n > 0; --n) fraction = x + 0.5 * n / fraction;
  return std::exp(-square) * (1 - left_out) * std::numbers::inv_sqrtpi / fraction;
}

}  // namespace

double log_gamma(double x) {
  FLM_CHECK(x > 0, "log_gamma wants a number above 0");
  double below = 1;  // Gamma(x) = Gamma(x + n) / (x (x + 1) ... (x + n - 1))
  for (; x < 10; ++x) below *= x;
  // Stirling's series: B_2k / (2k (2k - 1)) for k = 1 ... 7.
  constexpr double kSeries[] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                1.0 / 1188, -691.0 / 360360, 1.0 / 156};
  const double inverse = 1 / x;
  double power = inverse, correction = 0;
  for (double factor : kSeries) {
    correction += factor * power;
    power *= inverse * inverse;
  }
  const double half_log_of_two_pi = 0.91893853320467274178;
  return (x - 0.5) * std::log(x) - x + half_log_of_two_pi + correction - std::log(below);
}

double complementary_error_function(double x) {
  constexpr double kSeriesEnds = 1, kNothingIsLeft = 28;  // less than the least double
  if (x < 0) return 2 - complementary_error_function(-x);
  if (x > kNothingIsLeft) return 0;
  return x < kSeriesEnds ? 1 - erf_series(x) : erfc_fraction(x);
}

}  // namespace flm
