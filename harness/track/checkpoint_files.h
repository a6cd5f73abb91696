// The files of a checkpoint as they lie there now: whether anybody writes or deletes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace flm {

/// Every file below a checkpoint's folder: size, times and inode. Plain data.
struct CheckpointFiles {
  struct File {
    std::int64_t size = 0;
    std::int64_t written = 0;  // ns since the epoch; a copy may keep the original's
    std::int64_t changed = 0;  // the same of the time that nobody can set
    std::uint64_t inode = 0;
    bool operator==(const File&) const = default;
  };
  std::string folder;
  std::map<std::string, File> files;  // by path below the folder

  std::int64_t newest_written() const;
  /// Of both times: when somebody last touched a file here.
  std::int64_t newest_touched() const;
  /// SHA-256 over all of it: equal only where nothing was touched.
  std::string identity() const;
};

/// A folder that is gone, or a file that goes while one looks, has no entry.
CheckpointFiles look_at_files(const std::string& folder);

enum class FilesNow { kSame, kChanged, kDeleted };

/// What has become of `before`, and the first file that says so. A file that came meanwhile is no
/// change of what was read; a link or a permission is none either.
struct FilesVerdict {
  FilesNow now = FilesNow::kSame;
  std::string file;
};
FilesVerdict compare_files(const CheckpointFiles& before, const CheckpointFiles& after);

}  // namespace flm
