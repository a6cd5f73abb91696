// Patterns of data_files, as the `datasets` library matches them.
#pragma once

#include <string>

namespace flm {

/// Holds one of the signs of a pattern.
bool has_pattern(const std::string& text);

/// Does a path match a pattern of data_files: *, ? and [ab] within a folder, ** across folders.
bool matches_pattern(const std::string& pattern, const std::string& path);

/// matches_pattern, but names that begin with "." and folders that begin with "__" are passed over
/// unless the pattern spells as many of them.
bool selects(const std::string& pattern, const std::string& path);

}  // namespace flm
