#include "reports/track/schedule.h"

#include <utility>
#include <vector>

namespace flm {
namespace {

constexpr double kSame = 0.01;            // of a rate
constexpr std::size_t kPlateauLeast = 3;  // logged steps of a plateau
constexpr double kPlateau = 0.1;          // of the logged steps

using Rates = std::vector<std::pair<std::int64_t, double>>;

Rates rates_of(const TrainingLog& log) {
  Rates out;
  for (const TrainingPoint& point : log.live.points)
    if (point.learning_rate) out.emplace_back(point.step, *point.learning_rate);
  return out;
}

}  // namespace

std::optional<Schedule> schedule_of(const TrainingLog& log) {
  const Rates rates = rates_of(log);
  if (rates.empty()) return std::nullopt;
  const auto rising = [](const auto& a, const auto& b) {
    return b.second > a.second * (1 + kSame);
  };
  // Warm-up is the first climb: a later jump above its top is a change, not more warm-up.
  std::size_t top = 0;
  while (top + 1 < rates.size() && rates[top + 1].second >= rates[top].second) ++top;
  const double highest = rates[top].second;
  while (top > 0 && rates[top - 1].second >= highest * (1 - kSame / 100)) --top;
  Schedule out{rates[top].first, std::nullopt};
  std::size_t end = top;
  while (end < rates.size() && rates[end].second >= highest * (1 - kSame) &&
         rates[end].second <= highest * (1 + kSame))
    ++end;
  const double share = static_cast<double>(end - top) / static_cast<double>(rates.size());
  if (end < rates.size() && share >= kPlateau && end - top >= kPlateauLeast) {
    out.change = rates[end].first;
    return out;
  }
  for (std::size_t i = top + 1; i < rates.size(); ++i) {
    if (!rising(rates[i - 1], rates[i])) continue;
    out.change = rates[i].first;
    break;
  }
  return out;
}

}  // namespace flm
