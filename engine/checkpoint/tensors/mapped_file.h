// A file mapped read-only, and who it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace flm {

/// Bytes stay valid as long as the object, and they are the opened file's: another one that takes
/// its name by a rename is not seen. A file that is written or cut short meanwhile is told by
/// require_unchanged(); whoever reads behind its new end gets SIGBUS, which the program answers
/// (harness/process/bus_error).
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
  /// Pages that lie in bytes [begin, end) may leave memory; they come back when they are read.
  void release_pages(std::size_t begin, std::size_t end) const;
  /// The canonical path.
  const std::string& place() const { return place_; }
  /// Canonical path, size, inode, times of the last change: equal only for the same unchanged file.
  std::string identity() const;
  /// A UserError where the file was written since it was opened. A link, a rename over the name or
  /// a permission leaves the bytes; where only `changed` moved and nothing says why, nobody knows.
  void require_unchanged() const;
  /// Whether that is so: a link that came and went, an access list, or a write whose time was put
  /// back.
  bool may_have_been_written() const;
  /// Takes the file as it is now for unchanged, before its bytes are compared with what is known of
  /// them. One caller at a time.
  void take_as_unchanged() const { opened_ = state(); }

 private:
  /// What fstat says. Links and permissions also move `changed`, the time that nobody can set.
  struct State {
    std::int64_t size = 0, written = 0, changed = 0;  // bytes; ns
    std::uint64_t device = 0, inode = 0, links = 0, mode = 0, owner = 0, group = 0;
  };
  MappedFile() = default;
  void close_where_few_are_left();
  State state() const;
  bool touched(const State& now) const;
  State settled_state() const;

  std::string path_, place_, owned_;
  mutable State opened_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  int descriptor_ = -1;   // -1: no file, or closed to leave others their descriptors
  bool is_file_ = false;  // else bytes in memory
};

}  // namespace flm
