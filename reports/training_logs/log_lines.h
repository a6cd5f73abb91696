// The lines of a log, plain or gzipped, one at a time.
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace flm {

/// A line ends at \n or \r (a progress bar writes the latter). One thread; the text that next()
/// gives is good until the next call. Memory: the longest line, at most kLongestLine.
class LogLines {
 public:
  static constexpr std::size_t kLongestLine = std::size_t{64} << 20;

  /// `bytes`: not owned. `path` is for errors, which are UserErrors "PATH:line: ...".
  LogLines(std::istream& bytes, std::string path);
  ~LogLines();
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  std::optional<std::string_view> next();
  /// Of the line that next() gave last; 1 is the first.
  std::int64_t number() const { return number_; }
  /// Whether that line had its end: the last one of a log that is being written may be cut.
  bool ended() const { return ended_; }
  std::string where() const;
  const std::string& path() const { return path_; }

 private:
  class Inflater;
  bool refill();

  std::istream& bytes_;
  std::string path_;
  std::unique_ptr<Inflater> inflater_;  // of a gzipped log
  std::string buffer_;
  std::size_t at_ = 0;
  std::int64_t number_ = 0;
  bool ended_ = true, first_ = true;
};

}  // namespace flm
