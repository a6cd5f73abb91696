#include "reports/statistics/aggregates/translation_scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace flm {
namespace {

constexpr std::size_t kBleuOrder = 4;
constexpr double kLogOfZero = -9999999999;  // sacreBLEU's
constexpr double kBetaSquared = 4;

}  // namespace

double bleu_score(std::span<const double> sums) {
  const std::span<const double> matched = sums.first(kBleuOrder);
  const std::span<const double> totals = sums.subspan(kBleuOrder, kBleuOrder);
  const double length = sums[2 * kBleuOrder], reference = sums[2 * kBleuOrder + 1];
  if (std::all_of(matched.begin(), matched.end(), [](double m) { return m == 0; })) return 0;
  double logs = 0, smooth = 1;
  for (std::size_t n = 0; n < kBleuOrder; ++n) {
    double precision = 0;
    if (totals[n] > 0 && matched[n] == 0) {
      smooth *= 2;
      precision = 100 / (smooth * totals[n]);
    } else if (totals[n] > 0) {
      precision = 100 * matched[n] / totals[n];
    }
    logs += precision > 0 ? std::log(precision) : kLogOfZero;
  }
  const double brevity = length < reference ? std::exp(1 - reference / length) : 1;
  return brevity * std::exp(logs / static_cast<double>(kBleuOrder));
}

double chrf_score(std::span<const double> sums) {
  double precision = 0, recall = 0, orders = 0;
  for (std::size_t i = 0; i + 2 < sums.size(); i += 3) {
    if (sums[i] <= 0 || sums[i + 1] <= 0) continue;
    precision += sums[i + 2] / sums[i];
    recall += sums[i + 2] / sums[i + 1];
    ++orders;
  }
  if (orders == 0 || precision + recall == 0) return 0;
  precision /= orders;
  recall /= orders;
  return 100 * (1 + kBetaSquared) * precision * recall / (kBetaSquared * precision + recall);
}

double ter_score(std::span<const double> sums) {
  if (sums[1] > 0) return 100 * (sums[0] / sums[1]);
  return sums[0] > 0 ? 100 : 0;
}

}  // namespace flm
