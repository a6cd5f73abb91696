// The sign-flip test: had it been chance which run was A, how often would the difference be as
// large?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flm {

/// Two-sided p: the share of sign patterns with |sum| >= |observed sum|, the observed one included.
/// Whole clusters flip together, unless an item has none ("" = none, or no clusters at all).
///
/// Exact where the differences are small multiples of one power of two (counted), and for up to 20
/// that are not 0 (enumerated). Else (1 + count) / (1 + patterns) of random patterns, the same for
/// any number of threads: each pattern's bits are a function of `seed` and its number. Sums that
/// differ by no more than rounding are ties. The order of the items changes no bit.
double sign_flip_p(const std::vector<double>& differences,
                   const std::vector<std::string>& clusters = {}, std::uint64_t seed = 1234,
                   int patterns = 100'000);

/// The least p that so many differences can have: all of one sign.
double least_sign_flip_p(std::int64_t differences);

}  // namespace flm
