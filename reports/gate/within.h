// A figure and its limit: does it lie beyond, and do the digits say so?
#pragma once

#include <string>

namespace flm {

/// More than the last bits of a sum.
bool beyond(double value, double limit);

/// As many digits after the point, or as many more as it takes for both texts to stand as the
/// numbers do: beyond each other or not.
int telling_decimals(double value, double limit, int decimals);

/// "p = .034", "p < .001": never on the other side of alpha than the value.
std::string p_against(double p, double alpha);

}  // namespace flm
