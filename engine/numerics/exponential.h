// exp in double without libm, for host and kernels alike, so that a draw is the same on every
// machine.
#pragma once

#include <bit>
#include <cstdint>

namespace flm {

/// e^x for x <= 0, within 2 units in the last place; 0 below the smallest normal number. Only
/// additions and multiplications, each rounded once, in a fixed order.
constexpr double exponential(double x) {
  // x = k ln2 + r with |r| <= ln2 / 2; ln2 in two parts, the first with 21 trailing zero bits.
  constexpr double kLog2e = 0x1.71547652b82fep+0;
  constexpr double kLn2High = 0x1.62e42fee00000p-1;
  constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  constexpr double kRound = 0x1.8p52;  // adding and taking it away rounds to the nearest integer
  if (!(x > -708)) return 0;           // e^-708 is next to the smallest normal number
  const double k = (x * kLog2e + kRound) - kRound;
  const double r = (x - k * kLn2High) - k * kLn2Low;

  // Taylor's series to r^13: the rest is below 2^-57.
  double sum = 1.0 / 6227020800;
  sum = sum * r + 1.0 / 479001600;
  sum = sum * r + 1.0 / 39916800;
  sum = sum * r + 1.0 / 3628800;
  sum = sum * r + 1.0 / 362880;
  sum = sum * r + 1.0 / 40320;
  sum = sum * r + 1.0 / 5040;
  sum = sum * r + 1.0 / 720;
  sum = sum * r + 1.0 / 120;
  sum = sum * r + 1.0 / 24;
  sum = sum * r + 1.0 / 6;
  sum = sum * r + 1.0 / 2;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  const std::uint64_t power = static_cast<std::uint64_t>(static_cast<std::int64_t>(k) + 1023) << 52;
  return sum * std::bit_cast<double>(power);
}

}  // namespace flm
