// The environment variables that the program reads, for the manual page and docs/command-line.md.
#pragma once

#include <string>
#include <vector>

namespace flm {

struct VariableEntry {
  std::string name;   // FLM_HOST_MEMORY
  std::string about;  // without a stop at its end
};

/// Set to nothing each counts as unset. A test holds that every one that is read stands here.
const std::vector<VariableEntry>& variable_table();

}  // namespace flm
