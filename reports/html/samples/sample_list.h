// The samples of a page: what its list shows of each, and where the texts come from.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reports/comparison.h"

namespace flm {

/// How an item ended. The letters stand in the page's columns and are known to page.js.
enum class SampleState : char {
  kRight = '1',
  kWrong = '0',
  kValue = 'v',     // a value that is neither 0 nor 1
  kTogether = 't',  // a metric of all items together, which says nothing of one
  kFlagged = 'f',   // longer than the context, not scored
  kError = 'e',
  // of a pair
  kLost = 'l',  // right in the first run alone
  kWon = 'w',
  kBothRight = 'r',
  kBothWrong = 'x',
  kWorse = 'd',  // values that are not zeros and ones
  kBetter = 'b',
  kSame = 's',
  kNoValue = 'n'  // in one of the two
};

struct ListedSample {
  SampleState state = SampleState::kValue;
  double value_a = NAN, value_b = NAN;    // NaN: none
  double margin_a = NAN, margin_b = NAN;  // of the right choice over the best wrong one, in nats
};

struct SampleText {
  ItemText a;
  std::optional<ItemText> b;  // of a pair
  std::string message;        // why it has no value
};

/// The samples of a task under one filter, in one run or in two.
struct SampleGroup {
  std::string name;  // unique in the page: what links to a sample begin with
  std::string metric;
  std::string letters;  // of the runs: "A", "AB", "AC"; "" where there is one run alone
  bool higher_is_better = true;
  std::vector<ListedSample> samples;
  /// Of the samples at these positions.
  std::function<std::vector<SampleText>(const std::vector<std::size_t>&)> texts;
};

/// Right, wrong or a value in between, NaN: kTogether; of a pair, who is better, or NaN in one:
/// kNoValue.
SampleState state_of(double value);
SampleState state_of_pair(double a, double b, bool higher_is_better);

}  // namespace flm
