// How two numbers of each item go together.
#pragma once

#include <span>

namespace flm {

/// Pearson's correlation of predicted and gold numbers, one of each an item: 0 where all
/// predictions are equal (a model that says one thing alone), NaN where all golds are.
double pearson(std::span<const double> predicted, std::span<const double> gold);

}  // namespace flm
