// What one rule says of the figures that it judges.
#pragma once

#include "reports/gate/evidence.h"

namespace flm {

/// Sets verdict, sentence and the figures behind them. `result` is the evidence's own, with p
/// adjusted; the evidence is not missing.
void give_verdict(const Evidence& evidence, double alpha, RuleResult& result);

}  // namespace flm
