// What a process leaves that is killed while it writes a file.
#pragma once

#include <string>

namespace flm {

/// The file that stands for `path` until it is whole; each process has its own.
std::string unfinished_file(const std::string& path);
/// Whether a file of this name is one of some process.
bool is_unfinished(const std::string& name);

}  // namespace flm
