// What probes write: lines on a stream, files in a folder.
#pragma once

#include <fstream>
#include <ostream>
#include <string>
#include <string_view>

namespace flm::bench {

/// "key value unit", six digits.
void print_line(std::ostream& lines, std::string_view key, double value, std::string_view unit);

/// A new file; an error of writing is a UserError that names it, at the latest in close().
class OutputFile {
 public:
  OutputFile(const std::string& folder, const std::string& name);
  void write(const void* bytes, std::size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }
  std::ostream& stream() { return file_; }
  void close();
  const std::string& path() const { return path_; }

 private:
  void check() const;

  std::string path_;
  std::ofstream file_;
};

}  // namespace flm::bench
