// Files of /proc and /sys that hold one line.
#pragma once

#include <string>

namespace flm {

/// "" where the file is not there.
std::string first_line(const std::string& path);

}  // namespace flm
