// sin and cos in double without libm, whose bits differ by version.
#pragma once

namespace flm {

struct SinCos {
  double sine, cosine;
};
/// For |x| <= 2^30; within 2 ulp of the larger of the result and 2^-53.
SinCos sin_cos_double(double x);

}  // namespace flm
