// A log of samples, one JSON object a line, plain or gzipped; read by all cores, in order.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/documents/json.h"

namespace flm {

/// Where a line lies in the text of a log, which is decompressed where it is gzipped.
struct LineSpan {
  std::uint64_t begin = 0;
  std::uint32_t size = 0;
};

/// A log that is open. Thread-safe.
class SampleFile {
 public:
  /// UserError where it cannot be read.
  explicit SampleFile(std::string path);
  ~SampleFile();
  SampleFile(const SampleFile&) = delete;
  SampleFile& operator=(const SampleFile&) = delete;

  /// Calls `parse(line, number, slot)` for all lines of a piece at once and in any order, then
  /// `take(slot)` for each in order; slots are 0 .. kLinesAtOnce - 1. Lines of white space are
  /// none.
  static constexpr std::size_t kLinesAtOnce = 256;
  void for_each_line(
      const std::function<void(std::string_view line, std::size_t number, std::size_t slot)>& parse,
      const std::function<void(const LineSpan& span, std::size_t slot)>& take) const;

  /// One line again.
  std::string line(const LineSpan& span) const;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int descriptor_ = -1;
  bool gzipped_ = false;
  mutable std::once_flag unpacked_;
  mutable std::string text_;  // of a gzipped log, from its first line() on: there is no way to seek
};

}  // namespace flm
