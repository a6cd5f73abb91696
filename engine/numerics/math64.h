// Our own log, sin and cos in double: the same bits on every machine, where libm's differ by
// version.
#pragma once

namespace flm {

/// Natural logarithm of a positive, finite, normal number; within 2 ulp. log of 0 is -inf; NaN
/// stays.
double log_double(double x);

struct SinCos {
  double sine, cosine;
};
/// For |x| <= 2^30; within 2 ulp of the larger of the result and 2^-53.
SinCos sin_cos_double(double x);

}  // namespace flm
