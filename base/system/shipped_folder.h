// Where files that ship with the program lie.
#pragma once

#include <string>

namespace flm {

/// PROGRAM/../share/flmeval/NAME of an installed program where that exists, else the source folder.
std::string shipped_folder(const std::string& source_folder, const std::string& name);

}  // namespace flm
