// Globs of folders.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// Without "./", "x/../" and a "/" at the end: one place has one spelling.
std::string tidy_path(const std::string& path);

/// It has * ? or [ ], and nothing is there whose name it is to the letter.
bool is_pattern(const std::string& path);

/// What the pattern matches, in the order of the shell; empty where nothing is there. UserError
/// where a folder on the way cannot be read.
std::vector<std::string> matching_paths(const std::string& pattern);

}  // namespace flm
