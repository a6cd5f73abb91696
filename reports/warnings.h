// What a reader must know before the first figure of a report.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

/// That the data are built-in samples, that a limit chose the documents, that the run is not done.
/// `report` has all else.
std::vector<std::string> warnings_of(const Report& report);

}  // namespace flm
