// The records of a TensorBoard event file: length (u64), its checksum, data, its checksum.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

namespace flm {

/// Bytes of an event file's first record that tell what it is.
constexpr std::size_t kRecordHead = 12;

/// Whether `begin` is the head of a record: its length has the right checksum.
bool begins_record(std::string_view begin);

/// Reads record by record; memory: the longest one. One thread.
class EventRecords {
 public:
  /// `bytes` can seek and is not owned.
  EventRecords(std::istream& bytes, std::string path);

  /// Good until the next call; nothing at the end. A last record that is cut, or that the machine
  /// left half written, ends the file too (`torn`). UserError "PATH: ..., at byte N" for damage
  /// that records follow.
  std::optional<std::string_view> next();
  bool torn() const { return torn_; }
  std::uint64_t offset() const { return at_; }

 private:
  bool read(std::string& into, std::uint64_t size);
  std::optional<std::string_view> end_torn();
  bool only_zeros_follow();

  std::istream& bytes_;
  std::string path_, head_, data_;
  std::uint64_t at_ = 0, size_ = 0;
  bool torn_ = false;
};

/// A record around `data`.
std::string event_record(std::string_view data);

}  // namespace flm
