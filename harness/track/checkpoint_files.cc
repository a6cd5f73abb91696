#include "harness/track/checkpoint_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/sha256.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

CheckpointFiles look_at_files(const std::string& folder) {
  CheckpointFiles out;
  out.folder = folder;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    struct stat status {};  // of what a link points at: caches keep weights behind links
    if (stat(at->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    out.files[at->path().lexically_relative(folder).string()] = {
        std::int64_t{status.st_size}, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim),
        std::uint64_t{status.st_ino}};
  }
  return out;
}

std::int64_t CheckpointFiles::newest_written() const {
  std::int64_t newest = 0;
  for (const auto& [name, file] : files) newest = std::max(newest, file.written);
  return newest;
}

std::int64_t CheckpointFiles::newest_touched() const {
  std::int64_t newest = 0;
  for (const auto& [name, file] : files) newest = std::max({newest, file.written, file.changed});
  return newest;
}

std::string CheckpointFiles::identity() const {
  Sha256 hash;
  hash.update("checkpoint files 1\n").update(folder).update("\n");
  for (const auto& [name, file] : files) {
    hash.update(name + '\0' + std::to_string(file.size) + " " + std::to_string(file.written) + " " +
                std::to_string(file.changed) + " " + std::to_string(file.inode) + "\n");
  }
  return hash.hex();
}

FilesVerdict compare_files(const CheckpointFiles& before, const CheckpointFiles& after) {
  FilesVerdict verdict;
  for (const auto& [name, file] : before.files) {
    const auto now = after.files.find(name);
    if (now == after.files.end()) {  // whoever deletes may have changed others before
      if (verdict.now == FilesNow::kSame) verdict = {FilesNow::kDeleted, name};
      continue;
    }
    const CheckpointFiles::File& other = now->second;
    if (file.size != other.size || file.written != other.written || file.inode != other.inode)
      return {FilesNow::kChanged, name};
  }
  return verdict;
}

}  // namespace flm
