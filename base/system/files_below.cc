#include "base/system/files_below.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/system/system_error.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

class FileSearch {
 public:
  explicit FileSearch(std::vector<UnreadPath>* unread) : unread_(unread) {}

  void look_into(const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
      look_at(*at);
    if (error)
      miss(folder.string(), system_error("read the folder", folder.string(), error.value()));
  }

  std::vector<std::string> files() && { return std::move(files_); }

  void miss(const std::string& path, const UserError& fault) {
    if (!unread_) throw fault;
    unread_->push_back({path, fault.what()});
  }

 private:
  void look_at(const fs::directory_entry& entry) {
    const std::string path = entry.path().string();
    std::error_code error;
    const bool is_link = entry.is_symlink(error);
    const fs::file_type type = entry.status(error).type();
    if (type == fs::file_type::directory && !is_link)
      look_into(entry.path());
    else if (type == fs::file_type::regular)
      files_.push_back(path);
    else if (type == fs::file_type::none)
      miss(path, system_error("read", path, error.value()));
    else if (type == fs::file_type::not_found && is_link && unread_)
      unread_->push_back({path, "a link that leads nowhere: " + path});
  }

  std::vector<UnreadPath>* unread_;
  std::vector<std::string> files_;
};

}  // namespace

std::vector<std::string> files_below(const std::string& folder, std::vector<UnreadPath>* unread) {
  FileSearch search(unread);
  // The system would read the path up to a NUL, and find that folder in itself.
  if (folder.find('\0') == std::string::npos)
    search.look_into(folder);
  else
    search.miss(folder, system_error("read the folder", folder, ENOENT));
  std::vector<std::string> files = std::move(search).files();
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace flm
