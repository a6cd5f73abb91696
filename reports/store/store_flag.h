// The store in commands that are printed.
#pragma once

#include <string>

namespace flm {

/// " --store FILE" as a shell reads it from any folder; "" for the store that commands take anyway.
std::string store_flag(const std::string& store_path);

/// The same for a command that may be pasted in another folder, where the store that commands take
/// anyway is another one: it is always named.
std::string store_flag_anywhere(const std::string& store_path);

}  // namespace flm
