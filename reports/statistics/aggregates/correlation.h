// How two numbers of each item go together.
#pragma once

#include <vector>

namespace flm {

/// Pearson's correlation of {predicted, gold}: 0 where all predictions are equal (a model that says
/// one thing alone), NaN where all golds are.
double pearson(const std::vector<std::vector<double>>& pairs);

}  // namespace flm
