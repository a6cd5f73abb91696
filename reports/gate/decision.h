// From the verdicts of rules to the gate's.
#pragma once

#include <string>

#include "reports/gate/judge.h"

namespace flm {

/// Pass, fail or inconclusive, of the rules that stop the gate.
GateVerdict decide(const GateResult& result);

/// "FAIL: 1 failed, 2 passed; 1 advisory not passed".
std::string headline_of(const GateResult& result);

}  // namespace flm
