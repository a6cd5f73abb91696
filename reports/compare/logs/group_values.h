// The figures that a results file gives of its groups.
#pragma once

#include <string>

#include "base/documents/json.h"
#include "reports/compare/logs/logged_run.h"

namespace flm {

/// A results file does not say how a group weighs its tasks: LoggedGroup::weights become what gives
/// each of the file's figures that tells, and the others are weighed as the first of these. With
/// `told`, a figure of a group that is not that mean becomes a note of the run, which is called
/// `name` there.
void read_group_values(LoggedRun& run, const Json& results, const std::string& name, bool told);

}  // namespace flm
