#include "reports/training_logs/event_records.h"

#include "base/errors.h"
#include "base/system/read_from.h"
#include "reports/training_logs/crc32c.h"
#include "reports/training_logs/little_endian.h"

namespace flm {
namespace {

constexpr std::size_t kLength = 8, kChecksum = 4;

}  // namespace

bool begins_record(std::string_view begin) {
  return begin.size() >= kRecordHead && load_little_endian<std::uint32_t>(begin.substr(kLength)) ==
                                            masked_crc32c(begin.substr(0, kLength));
}

EventRecords::EventRecords(std::istream& bytes, std::string path)
    : bytes_(bytes), path_(std::move(path)) {
  bytes_.seekg(0, std::ios::end);
  size_ = static_cast<std::uint64_t>(bytes_.tellg());
  bytes_.seekg(0);
}

bool EventRecords::read(std::string& into, std::uint64_t size) {
  if (size > size_ - at_) return false;  // what a length claims is never taken before it is there
  into.resize(size);
  if (read_from(bytes_, into.data(), size, path_) != size) return false;
  at_ += size;
  return true;
}

std::optional<std::string_view> EventRecords::end_torn() {
  torn_ = true;
  at_ = size_;
  return std::nullopt;
}

bool EventRecords::only_zeros_follow() {
  std::string piece;
  while (at_ < size_) {
    if (!read(piece, std::min<std::uint64_t>(size_ - at_, 1 << 16))) return true;
    if (piece.find_first_not_of('\0') != std::string::npos) return false;
  }
  return true;
}

std::optional<std::string_view> EventRecords::next() {
  if (at_ >= size_) return std::nullopt;
  const std::uint64_t begin = at_;
  if (!read(head_, kRecordHead)) return end_torn();
  if (!begins_record(head_)) {
    // A machine that went down may leave zeros where the last records were to be.
    if (head_.find_first_not_of('\0') == std::string::npos && only_zeros_follow())
      return end_torn();
    throw UserError("a damaged event file, the length of a record is not what its checksum says; " +
                    ("copy the file again: " + path_) + ", at byte " + std::to_string(begin));
  }
  const auto length = load_little_endian<std::uint64_t>(head_);
  if (length > size_ || !read(data_, length + kChecksum)) return end_torn();
  const std::string_view data = std::string_view(data_).substr(0, length);
  if (load_little_endian<std::uint32_t>(std::string_view(data_).substr(length)) !=
      masked_crc32c(data)) {
    if (at_ == size_ || only_zeros_follow()) return end_torn();
    throw UserError("a damaged event file, a record is not what its checksum says; copy the file " +
                    ("again: " + path_) + ", at byte " + std::to_string(begin));
  }
  return data;
}

std::string event_record(std::string_view data) {
  const std::string length = store_little_endian<std::uint64_t>(data.size());
  std::string out = length + store_little_endian(masked_crc32c(length));
  out += data;
  return out + store_little_endian(masked_crc32c(data));
}

}  // namespace flm
