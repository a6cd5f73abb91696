// The store in commands that are printed.
#pragma once

#include <string>

namespace flm {

/// " --store FILE" as a shell reads it from any folder; "" for the store that commands take anyway.
std::string store_flag(const std::string& store_path);

}  // namespace flm
