// The parts of a report's page that say how it came about.
#pragma once

#include <string>

#include "reports/report.h"

namespace flm {

std::string cost_facts(const Report& report);

/// Command, hashes, engine, machine, and the tasks with their versions and hashes.
std::string configuration_facts(const Report& report);

}  // namespace flm
