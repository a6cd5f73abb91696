// RUN... of compare and gate: stored runs, folders of ours, folders of lm-evaluation-harness.
#pragma once

#include <string>
#include <vector>

#include "reports/compare/logged_run.h"

namespace flm {

/// A folder with several models stands for all of them. UserError for what is no run.
std::vector<LoggedRun> open_compared_runs(const std::vector<std::string>& operands,
                                          const std::string& store_path);

/// The run that is named comes first: by its operand, letter, name or origin. UserError where none
/// is.
void put_reference_first(std::vector<LoggedRun>& runs, const std::string& reference);

}  // namespace flm
