// The paths that a shell's pattern names.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// What a pattern with *, ? or [...] matches, in the order of the shell; ~ at its start is the home
/// folder. Empty where nothing is there. UserError where a folder on the way cannot be read: what
/// it holds would be missing without a word.
std::vector<std::string> globbed_paths(const std::string& pattern);

}  // namespace flm
