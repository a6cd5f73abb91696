// What stands at a path; a link counts as what it leads to. Nothing stands where there is no such
// name: of a place that cannot be looked at nobody knows, and that is a UserError which names it.
#pragma once

#include <filesystem>
#include <vector>

namespace flm {

bool is_there(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);
bool is_file(const std::filesystem::path& path);

/// Whether there is certainly no such name. For those who forget what is gone, and go on where a
/// place cannot be looked at.
bool is_gone(const std::filesystem::path& path);

/// A folder that this user may enter; false too where nobody lets him get there, as to another's
/// home: a cache may lie there, and need not.
bool is_open_folder(const std::filesystem::path& path);

/// What lies in a folder, sorted; nothing where there is none (any more). UserError where it cannot
/// be read.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder);

}  // namespace flm
