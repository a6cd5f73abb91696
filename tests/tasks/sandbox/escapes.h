// Programs that try to get out, to see the tests or to forge a verdict, and what each must end as.
#pragma once

#include <string>
#include <vector>

#include "tasks/sandbox/sandbox.h"

namespace flm::testing {

struct Escape {
  std::string name, candidate;
  Verdict expected;
  std::string tests = "assert double(3) == 6\nassert double([1, 2]) == [1, 2, 1, 2]\n";
};

/// Forged verdicts and comparisons, looking for the tests, meddling with the machinery.
std::vector<Escape> forgeries();
/// System calls, files, other processes.
std::vector<Escape> break_outs();
/// Time, memory, disk, output, processes.
std::vector<Escape> exhaustions();

}  // namespace flm::testing
