// The parser's commands as plain data.
#pragma once

#include <vector>

#include "harness/cli/texts/command_entry.h"

namespace flm {

/// Every command, in the order of help.
std::vector<CommandEntry> command_table();

}  // namespace flm
