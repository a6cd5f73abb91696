#include "reports/training_logs/resolution.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

namespace flm {
namespace {

/// Digits behind the point of the shortest text that reads back.
int decimals(double value) {
  std::array<char, 400> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  const auto point = std::find(text.data(), end, '.');
  return point == end ? 0 : static_cast<int>(end - point - 1);
}

std::string ordinal(std::int64_t n) {
  const std::int64_t last = n % 10, teen = n % 100 / 10;
  const char* ending = teen == 1   ? "th"
                       : last == 1 ? "st"
                       : last == 2 ? "nd"
                       : last == 3 ? "rd"
                                   : "th";
  return std::to_string(n) + ending;
}

}  // namespace

std::int64_t step_distance(const std::vector<TrainingPoint>& points) {
  std::map<std::int64_t, std::size_t> counts;
  std::optional<std::int64_t> last;
  for (const TrainingPoint& point : points) {
    if (!point.loss) continue;
    if (last) ++counts[point.step - *last];
    last = point.step;
  }
  std::int64_t best = 1;
  std::size_t most = 0;
  for (const auto& [distance, count] : counts)
    if (count > most) {
      best = distance;
      most = count;
    }
  return best;
}

std::string averaging_of(const std::string& format, std::int64_t distance) {
  if (distance <= 1) return "";
  if (format == "megatron" || format == "trainer_state")
    return "mean of " + std::to_string(distance) + " steps";
  const std::string every = "every " + ordinal(distance) + " step";
  if (format == "torchtitan" || format == "nanotron" || format == "olmo-core") return every;
  return every + ", a mean or that step alone: the log does not say";
}

std::optional<double> loss_resolution(const std::vector<TrainingPoint>& points) {
  constexpr int kLast = 100, kMostDigits = 7;
  int seen = 0, digits = 0;
  for (auto at = points.rbegin(); at != points.rend() && seen < kLast; ++at) {
    if (!at->loss || !std::isfinite(*at->loss)) continue;
    ++seen;
    digits = std::max(digits, decimals(*at->loss));
    if (digits > kMostDigits) return std::nullopt;
  }
  if (seen == 0) return std::nullopt;
  return 0.5 * std::pow(10.0, -digits);
}

}  // namespace flm
