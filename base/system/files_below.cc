#include "base/system/files_below.h"

#include <algorithm>
#include <filesystem>

#include "base/system/system_error.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

void look_into(const fs::path& folder, std::vector<std::string>& files,
               std::vector<std::string>* unread) {
  std::error_code error, ignored;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->is_directory(ignored) && !at->is_symlink(ignored))
      look_into(at->path(), files, unread);
    else if (at->is_regular_file(ignored))
      files.push_back(at->path().string());
  }
  if (!error) return;
  const UserError fault = system_error("read the folder", folder.string(), error.value());
  if (!unread) throw fault;
  unread->push_back(fault.what());
}

}  // namespace

std::vector<std::string> files_below(const std::string& folder, std::vector<std::string>* unread) {
  std::vector<std::string> files;
  look_into(folder, files, unread);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace flm
