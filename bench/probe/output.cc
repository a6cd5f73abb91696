#include "bench/probe/output.h"

#include <cstdio>

#include "base/errors.h"

namespace flm::bench {

void print_line(std::ostream& lines, std::string_view key, double value, std::string_view unit) {
  char number[32];
  std::snprintf(number, sizeof number, "%.6g", value);
  lines << key << ' ' << number << ' ' << unit << '\n';
}

OutputFile::OutputFile(const std::string& folder, const std::string& name)
    : path_(folder + "/" + name), file_(path_, std::ios::binary | std::ios::trunc) {
  check();
}

void OutputFile::write(const void* bytes, std::size_t count) {
  file_.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
  check();
}

void OutputFile::close() {
  file_.close();
  check();
}

void OutputFile::check() const {
  if (!file_)
    throw UserError("cannot write " + path_ + "; is the folder there, and room on its disk?");
}

}  // namespace flm::bench
