#include "base/system/places.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "base/system/system_error.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

/// A text that is too long to be a name is none: words that may be paths are asked for too.
bool says_absent(const std::error_code& error) {
  return error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory ||
         error == std::errc::filename_too_long;
}

/// The system reads a path up to a NUL, where it names something else: with one it names nothing.
fs::file_type status_of(const fs::path& path, std::error_code& error) {
  if (path.native().find('\0') == std::string::npos) return fs::status(path, error).type();
  error = std::make_error_code(std::errc::no_such_file_or_directory);
  return fs::file_type::not_found;
}

fs::file_type type_of(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = status_of(path, error);
  if (type != fs::file_type::none) return type;
  if (says_absent(error)) return fs::file_type::not_found;
  throw system_error("read", path.string(), error.value());
}

}  // namespace

bool is_there(const fs::path& path) { return type_of(path) != fs::file_type::not_found; }

bool is_folder(const fs::path& path) { return type_of(path) == fs::file_type::directory; }

bool is_file(const fs::path& path) { return type_of(path) == fs::file_type::regular; }

bool is_gone(const fs::path& path) {
  std::error_code error;
  return status_of(path, error) == fs::file_type::not_found || says_absent(error);
}

bool is_open_folder(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = status_of(path, error);
  if (error == std::errc::permission_denied || error == std::errc::too_many_symbolic_link_levels)
    return false;
  if (type == fs::file_type::none) return is_folder(path);
  return type == fs::file_type::directory && access(path.c_str(), X_OK) == 0;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  if (is_gone(folder)) return entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    entries.push_back(at->path());
  if (error && !says_absent(error))
    throw system_error("read the folder", folder.string(), error.value());
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace flm
