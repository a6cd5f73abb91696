// A user's own Python beside a task file is not what the native functions stand in for.
#pragma once

#include <string>

namespace flm {

/// The module that `function` (module.name) of a task file means, where it lies beside the file and
/// is none of those that the native function stands in for: its path, else "".
std::string foreign_module(const std::string& file, const std::string& function);

/// FOLDER/module of the key FOLDER/module.name.
std::string module_of(const std::string& key);

}  // namespace flm
