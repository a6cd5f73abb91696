// What lies below a folder.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// The files below a folder in the order of their paths; a link to a file counts, one to a folder
/// is not followed. A folder that cannot be read is a UserError that names it, or where `unread` is
/// given its sentence goes there and the others are read.
std::vector<std::string> files_below(const std::string& folder,
                                     std::vector<std::string>* unread = nullptr);

}  // namespace flm
