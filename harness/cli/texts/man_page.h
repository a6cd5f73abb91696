// The manual page flmeval(1).
#pragma once

#include <string>
#include <vector>

#include "harness/cli/texts/command_entry.h"

namespace flm {

/// In man(7)'s macros.
std::string man_page(const std::vector<CommandEntry>& table);

}  // namespace flm
