#include "reports/figures/shares.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

namespace flm {
namespace {

/// acc_norm, exact_match, pass@1, pass_at_1, ...
bool is_named_share(const std::string& metric) {
  return metric == "pass" || metric.starts_with("acc") || metric.starts_with("exact_match") ||
         metric.starts_with("pass@") || metric.starts_with("pass_at");
}

bool within_one(std::initializer_list<std::optional<double>> figures) {
  return std::all_of(figures.begin(), figures.end(), [](const std::optional<double>& figure) {
    return !figure || (*figure >= 0 && *figure <= 1);
  });
}

}  // namespace

bool is_share(const Score& score) {
  return score.higher_is_better && is_named_share(score.metric) &&
         within_one({score.value, score.low, score.high});
}

bool is_share(const MetricComparison& metric) {
  if (metric.only_a) return true;
  return metric.higher_is_better && is_named_share(metric.metric) &&
         within_one({metric.a, metric.b});
}

}  // namespace flm
