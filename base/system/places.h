// What stands at a path. A place that cannot be looked at, another user's home for one, is not
// there; a link counts as what it leads to.
#pragma once

#include <filesystem>

namespace flm {

bool is_there(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);
bool is_file(const std::filesystem::path& path);

}  // namespace flm
