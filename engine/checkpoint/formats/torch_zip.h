// A zip of stored files: what torch.save writes since 1.6.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace flm {

/// Members by their name without the leading folder ("data.pkl", "data/0", "byteorder"), as views
/// of the zip's bytes. Making it reads the central directory alone, member() the member's header
/// alone. Immutable; any thread.
class TorchZip {
 public:
  /// TornFile where the end record is missing. UserErrors that name `path`: no zip, an old torch
  /// format, a compressed or encrypted member, a name that stands twice.
  TorchZip(std::string_view zip, const std::string& path);

  /// Its one folder: the name that torch.save was given, without the end, or "archive".
  const std::string& folder() const { return folder_; }
  bool has(const std::string& name) const { return members_.count(name) > 0; }
  /// UserError where there is none, or where it is not whole.
  std::string_view member(const std::string& name) const;

 private:
  struct Member {
    std::uint64_t header = 0, size = 0;  // where its local header lies; bytes
  };
  struct Directory {
    std::uint64_t entries = 0, begin = 0, end = 0;
  };

  Directory directory() const;
  std::uint64_t list_member(std::uint64_t at);
  Member place_of(std::uint64_t at) const;
  std::string below_the_folder(const std::string& name);
  std::uint64_t number(std::uint64_t at, int bytes) const;
  std::string_view piece(std::uint64_t at, std::uint64_t bytes) const;
  [[noreturn]] void refuse(const std::string& what) const;

  std::string_view zip_;
  std::string path_;
  std::string folder_;
  std::unordered_map<std::string, Member> members_;
};

}  // namespace flm
