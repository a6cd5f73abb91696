#include "base/system/unfinished_file.h"

#include <unistd.h>

#include <string_view>

namespace flm {
namespace {

constexpr std::string_view kUnfinished = ".tmp";  // the process follows

}  // namespace

std::string unfinished_file(const std::string& path) {
  return path + std::string(kUnfinished) + std::to_string(getpid());
}

bool is_unfinished(const std::string& name) {
  const std::size_t mark = name.rfind(kUnfinished);
  if (mark == std::string::npos) return false;
  const std::string process = name.substr(mark + kUnfinished.size());
  return !process.empty() && process.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace flm
