// log in double without libm, whose bits differ by version.
#pragma once

namespace flm {

/// Natural logarithm of a positive, finite, normal number; within 2 ulp. log of 0 is -inf; NaN
/// stays.
double log_double(double x);

}  // namespace flm
