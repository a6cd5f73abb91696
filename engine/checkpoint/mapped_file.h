// A file mapped read-only, and who it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace flm {

/// Bytes stay valid as long as the object. A file that is cut short while it is mapped raises
/// SIGBUS in its reader: checkpoints are not written in place.
class MappedFile {
 public:
  /// Maps a regular file; UserError that names the path otherwise.
  static std::shared_ptr<const MappedFile> open(const std::string& path);
  /// The same door for bytes that are already in memory (tests, fuzzing). `path` is only a name.
  static std::shared_ptr<const MappedFile> of_bytes(std::string bytes, const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& path() const { return path_; }
  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  /// Canonical path, size, inode, time of the last change: equal only for the same unchanged file.
  const std::string& identity() const { return identity_; }

 private:
  MappedFile() = default;
  std::string path_, identity_, owned_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  bool mapped_ = false;
};

}  // namespace flm
