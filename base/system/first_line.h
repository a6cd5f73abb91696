// Files that hold one line: of /proc, of /sys, of a .git.
#pragma once

#include <string>

namespace flm {

/// "" where the file is not there.
std::string first_line(const std::string& path);

}  // namespace flm
