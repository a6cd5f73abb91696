#include "reports/statistics/distributions.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/errors.h"
#include "reports/statistics/bisection.h"
#include "reports/statistics/special_functions.h"

namespace flm {
namespace {

/// The continued fraction of the incomplete beta function by Lentz's method.
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300, precision = 1e-15;
  const auto nonzero = [](double v) { return std::fabs(v) < tiny ? tiny : v; };
  double c = 1, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), value = d;
  for (int m = 1; m < 10'000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonzero(1 + even * d);
    c = nonzero(1 + even / c);
    value *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonzero(1 + odd * d);
    c = nonzero(1 + odd / c);
    value *= d * c;
    if (std::fabs(d * c - 1) < precision) break;
  }
  return value;
}

/// I_x(a, b) from x and y = 1 - x, either of which may be too near 1 to say the other.
double beta_of_shares(double a, double b, double x, double y) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const double log_x = x < 0.5 ? std::log(x) : std::log1p(-y);
  const double log_y = y < 0.5 ? std::log(y) : std::log1p(-x);
  const double front =
      std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log_x + b * log_y);
  // The fraction converges fast on this side of the mean; the other side is its mirror image.
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, y) / b;
}

}  // namespace

double regularized_beta(double a, double b, double x) { return beta_of_shares(a, b, x, 1 - x); }

double normal_tail(double z) { return 0.5 * complementary_error_function(z / std::numbers::sqrt2); }

double normal_quantile(double p) {
  FLM_CHECK(p > 0 && p < 1, "a quantile wants a probability between 0 and 1");
  // Newton's steps for the logarithm of the tail, which bends down: from above, where
  // P(Z > z) <= e^(-z^2 / 2) / 2 begins, each ends nearer and none goes too far.
  const double tail = std::min(p, 1 - p);
  double z = std::sqrt(2 * std::log(0.5 / tail)), before;
  do {
    before = z;
    const double at = normal_tail(z);
    z += std::log(at / tail) * at * std::sqrt(2 * std::numbers::pi) * std::exp(z * z / 2);
  } while (z < before);
  return p < 0.5 ? -before : before;
}

double normal_two_sided(double confidence) { return -normal_quantile((1 - confidence) / 2); }

double student_t_two_sided_p(double t, double df) {
  FLM_CHECK(df > 0, "Student's t wants degrees of freedom");
  if (std::isinf(t)) return 0;
  const double whole = df + t * t;
  return beta_of_shares(df / 2, 0.5, df / whole, t * t / whole);
}

double student_t_tail(double t, double df) {
  const double half = student_t_two_sided_p(t, df) / 2;
  return t >= 0 ? half : 1 - half;
}

double student_t_quantile(double p, double df) {
  FLM_CHECK(p > 0 && p < 1, "a quantile wants a probability between 0 and 1");
  FLM_CHECK(df > 0, "Student's t wants degrees of freedom");
  // P(|T| > t) = I_x(df/2, 1/2) with x = df / (df + t^2).
  const double both = 2 * std::min(p, 1 - p);
  const double x =
      solve_increasing([&](double v) { return regularized_beta(df / 2, 0.5, v); }, both);
  const double t = std::sqrt(df * (1 - x) / x);
  return p < 0.5 ? -t : t;
}

double student_t95(double df) { return -student_t_quantile(0.025, df); }

double chi_square_tail(double x, std::int64_t df) {
  FLM_CHECK(df > 0, "chi-square wants degrees of freedom");
  if (x <= 0) return 1;
  // Q(df + 2) = Q(df) + h^(df/2) e^-h / Gamma(df/2 + 1), h = x/2: from 1 or 2 degrees upwards.
  const double h = x / 2;
  const bool odd = df % 2 != 0;
  double tail = odd ? complementary_error_function(std::sqrt(h)) : std::exp(-h);
  for (std::int64_t d = odd ? 1 : 2; d < df; d += 2) {
    const double half = static_cast<double>(d) / 2;
    tail += std::exp(half * std::log(h) - h - log_gamma(half + 1));
  }
  return std::min(1.0, tail);
}

CoinTail coin_tail(std::int64_t k, std::int64_t n) {
  FLM_CHECK(n >= 0, "coins are counted");
  if (k < 0) return {0, 0};
  if (k > n) return {1, 0};
  if (2 * k > n) {  // P(X < k) = 1 - P(X >= k), and X >= k is as likely as X <= n - k
    const CoinTail mirrored = coin_tail(n - k, n);
    return {1 - mirrored.below - mirrored.at, mirrored.at};
  }
  // (n choose k) / 2^n as a product, its power of two apart: it leaves the range of doubles.
  double share = 1;
  std::int64_t exponent = -n;
  for (std::int64_t i = 1; i <= k; ++i) {
    share *= static_cast<double>(n - k + i) / static_cast<double>(i);
    int shift = 0;
    share = std::frexp(share, &shift);
    exponent += shift;
  }
  // Downwards each term is the one above it by i / (n - i + 1): all positive, nothing cancels.
  double below = 0, term = share;
  for (std::int64_t i = k; i > 0 && term > below * 1e-18; --i) {
    term *= static_cast<double>(i) / static_cast<double>(n - i + 1);
    below += term;
  }
  const int power = static_cast<int>(std::max<std::int64_t>(exponent, -100'000));
  return {std::ldexp(below, power), std::ldexp(share, power)};
}

}  // namespace flm
