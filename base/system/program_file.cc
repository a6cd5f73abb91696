#include "base/system/program_file.h"

#include <cstdint>
#include <cstdio>
#include <fstream>

namespace flm {

std::string program_file() {
  // The file that this function is mapped from. A line: BEGIN-END PERMISSIONS OFFSET DEVICE INODE
  // PATH.
  const auto here = reinterpret_cast<std::uintptr_t>(&program_file);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    int path = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %*s %*s %*s %*s %n", &begin, &end, &path) == 2 &&
        begin <= here && here < end && path > 0)
      return line.substr(static_cast<std::size_t>(path));
  }
  return "";
}

}  // namespace flm
