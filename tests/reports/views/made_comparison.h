// Comparisons made by hand, for the tests of their views.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "reports/comparison.h"

namespace flm {

/// Texts from memory: choices for tasks that have margins, else what was generated.
class MadeTexts : public ItemTexts {
 public:
  explicit MadeTexts(bool reference) : reference_(reference) {}
  std::vector<ItemText> texts(const std::string& task,
                              const std::vector<std::size_t>& items) override;

 private:
  bool reference_;
};

/// Two runs: a group of 57 subjects, Chinese, bits per byte, N/A, not tested, partly and not
/// comparable tasks.
Comparison two_runs();

/// Four runs over two tasks.
Comparison four_runs();

}  // namespace flm
