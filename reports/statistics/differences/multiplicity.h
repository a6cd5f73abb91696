// P-values adjusted for having made several tests. Null: a test that could not be made; it stays
// null and is not counted.
#pragma once

#include <optional>
#include <vector>

namespace flm {

using PValues = std::vector<std::optional<double>>;

/// Holm's: with those below 0.05, the chance of any false one is at most 0.05.
PValues holm(const PValues& p);
/// Benjamini and Hochberg's: of those below 0.05, at most 0.05 are expected to be false.
PValues benjamini_hochberg(const PValues& p);

}  // namespace flm
