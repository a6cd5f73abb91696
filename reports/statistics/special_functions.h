// The gamma and the error function, of sums, products, exp and log alone: the C library's own
// differ in their last bits from processor to processor, and with them every interval.
#pragma once

namespace flm {

/// log(Gamma(x)), x > 0; the error is some 1e-14, relative above 1.
double log_gamma(double x);

/// 1 - erf(x), also where it is tiny; the relative error is some 1e-15.
double complementary_error_function(double x);

}  // namespace flm
