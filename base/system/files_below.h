// What lies below a folder.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// A file or folder that cannot be looked at, and the sentence that says so with its path.
struct UnreadPath {
  std::string path, fault;
};

/// The files below a folder in the order of their paths; a link to a file counts, one to a folder
/// is not followed. What cannot be looked at is a UserError that names it, or where `unread` is
/// given it goes there, as links do that lead nowhere, and the others are read.
std::vector<std::string> files_below(const std::string& folder,
                                     std::vector<UnreadPath>* unread = nullptr);

}  // namespace flm
