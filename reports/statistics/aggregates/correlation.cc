#include "reports/statistics/aggregates/correlation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reports/statistics/sums.h"

namespace flm {
namespace {

bool all_equal(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; });
}

}  // namespace

double pearson(std::span<const double> predicted, std::span<const double> gold) {
  if (all_equal(predicted)) return 0;
  if (all_equal(gold)) return std::numeric_limits<double>::quiet_NaN();
  const double n = static_cast<double>(predicted.size());
  const double middle = sum(predicted) / n, gold_middle = sum(gold) / n;
  double squares = 0, gold_squares = 0, products = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const double one = predicted[i] - middle, other = gold[i] - gold_middle;
    squares += one * one;
    gold_squares += other * other;
    products += one * other;
  }
  return std::clamp(products / (std::sqrt(squares) * std::sqrt(gold_squares)), -1.0, 1.0);
}

}  // namespace flm
