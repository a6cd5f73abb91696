#include "harness/terminal/jsonl.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>

#include "base/errors.h"
#include "base/system/read_from.h"
#include "base/system/system_error.h"

namespace flm {

void for_each_line(const std::string& path,
                   const std::function<void(int, const std::string&)>& each) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) throw system_error("read", path, errno);
  }
  std::istream& in = path == "-" ? std::cin : file;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") != std::string::npos) each(number, line);
  }
  require_whole(in, path);
  // The stream of standard input takes every fault for its end.
  if (path == "-" && std::ferror(stdin)) throw system_error("read", path, errno);
}

void print_line(const std::string& line) {
  if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() ||
      std::fputc('\n', stdout) == EOF) {
    throw UserError(std::string("cannot write to stdout: ") + std::strerror(errno) +
                    "; send it to another place");
  }
}

}  // namespace flm
