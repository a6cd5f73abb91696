#include "reports/statistics/aggregates/correlation.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace flm {
namespace {

bool all_equal(const std::vector<std::vector<double>>& pairs, std::size_t column) {
  return std::all_of(pairs.begin(), pairs.end(),
                     [&](const auto& pair) { return pair[column] == pairs[0][column]; });
}

double mean_of(const std::vector<std::vector<double>>& pairs, std::size_t column) {
  double sum = 0;
  for (const auto& pair : pairs) sum += pair[column];
  return sum / static_cast<double>(pairs.size());
}

}  // namespace

double pearson(const std::vector<std::vector<double>>& pairs) {
  if (all_equal(pairs, 0)) return 0;
  if (all_equal(pairs, 1)) return std::numeric_limits<double>::quiet_NaN();
  const double middle = mean_of(pairs, 0), gold_middle = mean_of(pairs, 1);
  double squares = 0, gold_squares = 0, products = 0;
  for (const auto& pair : pairs) {
    const double one = pair[0] - middle, other = pair[1] - gold_middle;
    squares += one * one;
    gold_squares += other * other;
    products += one * other;
  }
  return std::clamp(products / (std::sqrt(squares) * std::sqrt(gold_squares)), -1.0, 1.0);
}

}  // namespace flm
