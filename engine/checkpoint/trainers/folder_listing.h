// What lies in a folder, read once: folders of running trainers change.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/system/places.h"

namespace flm {

/// The folder without a slash behind it; "." and what ends in ".." by their real names, so that it
/// has a name and a parent.
std::filesystem::path tidy_folder(const std::filesystem::path& path);

/// Names, sorted; empty where the folder is not there (any more). UserError where it cannot be
/// read.
std::vector<std::string> names_in(const std::filesystem::path& folder);

/// The text of a small file without white space around it; nothing where it is no file.
std::optional<std::string> marker_text(const std::filesystem::path& path);

/// A decimal number from 0 and nothing else.
std::optional<std::int64_t> plain_number(const std::string& text);

/// The last run of digits in a name: 80 of "iter_0000080".
std::optional<std::int64_t> last_number(const std::string& name);

}  // namespace flm
