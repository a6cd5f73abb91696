// The texts of --help.
#pragma once

#include <string>

#include "harness/cli/texts/command_entry.h"

namespace flm {

/// The list of commands with examples: of `flmeval` alone.
std::string overview_text(const std::vector<CommandEntry>& table, int columns);

/// Usage, flags below their headings with defaults, and an example.
std::string help_text(const CommandEntry& command, int columns);

}  // namespace flm
