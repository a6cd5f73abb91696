// The distributions that tests and intervals need: quantiles and tails, each computed on the side
// where nothing cancels.
#pragma once

#include <cstdint>

namespace flm {

/// Regularized incomplete beta function I_x(a, b), a and b > 0.
double regularized_beta(double a, double b, double x);

/// P(Z > z) of the standard normal distribution.
double normal_tail(double z);
/// The z with P(Z <= z) = p, 0 < p < 1.
double normal_quantile(double p);
/// The z with P(|Z| <= z) = confidence: 1.96 at 0.95.
double normal_two_sided(double confidence);

/// P(|T| > |t|) and P(T > t) of Student's t; df > 0.
double student_t_two_sided_p(double t, double df);
double student_t_tail(double t, double df);
/// The t with P(T <= t) = p, 0 < p < 1.
double student_t_quantile(double p, double df);
/// Two-sided 95% point of Student's t.
double student_t95(double df);

/// P(X > x) of chi-square with a whole number of degrees of freedom.
double chi_square_tail(double x, std::int64_t df);

/// Of X ~ Bin(n, 1/2), a fair coin: P(X < k) and P(X = k), relative errors below n * 2^-52.
struct CoinTail {
  double below = 0, at = 0;
};
CoinTail coin_tail(std::int64_t k, std::int64_t n);

}  // namespace flm
