// The table of a sweep as texts, the same in every view.
#pragma once

#include <string>
#include <vector>

#include "reports/tracking.h"

namespace flm {

std::vector<std::string> sweep_head(const SweepTable& sweep);
std::vector<std::vector<std::string>> sweep_lines(const SweepTable& sweep);

/// At which place the members are held against each other, of which figure, and the verdict.
std::string sweep_verdict(const SweepTable& sweep);

}  // namespace flm
