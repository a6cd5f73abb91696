#include "reports/html/samples/sample_list.h"

namespace flm {

SampleState state_of(double value) {
  if (std::isnan(value)) return SampleState::kTogether;
  if (value == 1) return SampleState::kRight;
  return value == 0 ? SampleState::kWrong : SampleState::kValue;
}

SampleState state_of_pair(double a, double b, bool higher_is_better) {
  if (std::isnan(a) || std::isnan(b)) return SampleState::kNoValue;
  const bool zero_one = (a == 0 || a == 1) && (b == 0 || b == 1) && higher_is_better;
  if (a == b && zero_one) return a == 1 ? SampleState::kBothRight : SampleState::kBothWrong;
  if (a == b) return SampleState::kSame;
  const bool better = higher_is_better ? b > a : b < a;
  if (zero_one) return better ? SampleState::kWon : SampleState::kLost;
  return better ? SampleState::kBetter : SampleState::kWorse;
}

}  // namespace flm
