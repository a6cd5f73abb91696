// The files inside an archive as official sources ship them, one after the other: zip, tar, tar.gz,
// tar.bz2, tar.xz, tar.zst.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct archive_entry;

namespace flm {

struct ArchiveLimits {
  std::uint64_t members = 200'000;               // of the archive, read or not
  std::uint64_t bytes = std::uint64_t{4} << 30;  // of the members that are read, unpacked
};

/// Walks the members. A UserError that names the archive: damage, a name that leads out of the
/// archive's folder, more than the limits.
class ArchiveMembers {
 public:
  ArchiveMembers(const std::string& path, const ArchiveLimits& limits);
  /// The same over bytes, which must outlive it.
  ArchiveMembers(std::string_view bytes, const std::string& origin, const ArchiveLimits& limits);
  ~ArchiveMembers();

  /// Goes on to the next member that is no folder; false at the end.
  bool next();
  /// Its name without a leading "./": relative, no "..", no backslash, colon or control sign.
  const std::string& name() const { return name_; }
  /// A file, and not a link or a device.
  bool is_file() const;
  /// Its bytes, in blocks. Once for a member.
  void read(const std::function<void(std::string_view)>& take);
  /// Throws the UserError about this archive.
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  struct State;
  explicit ArchiveMembers(const std::string& origin, const ArchiveLimits& limits, int);
  [[noreturn]] void fail() const;
  archive_entry* next_entry();
  std::string checked_name() const;

  std::string origin_;
  ArchiveLimits limits_;
  std::unique_ptr<State> state_;
  std::string name_;
  std::uint64_t members_ = 0, bytes_ = 0;
};

}  // namespace flm
