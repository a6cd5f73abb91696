// exp in double without libm, so that a draw is the same on every machine.
#pragma once

namespace flm {

/// e^x for x <= 0, within 2 units in the last place; 0 below the smallest normal number. Only
/// additions and multiplications, each rounded once, in a fixed order.
double exponential(double x);

}  // namespace flm
