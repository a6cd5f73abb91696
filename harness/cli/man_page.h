// The manual page flmeval(1).
#pragma once

#include <string>
#include <vector>

#include "harness/cli/command_table.h"

namespace flm {

/// In man(7)'s macros.
std::string man_page(const std::vector<CommandEntry>& table);

}  // namespace flm
