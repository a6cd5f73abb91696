#include "harness/track/path_pattern.h"

#include <filesystem>

#include "base/system/globbed_paths.h"
#include "base/system/places.h"

namespace flm {

std::string tidy_path(const std::string& path) {
  std::string tidy = std::filesystem::path(path).lexically_normal().string();
  while (tidy.size() > 1 && tidy.back() == '/') tidy.pop_back();
  return tidy;
}

bool is_pattern(const std::string& path) {
  return path.find_first_of("*?[") != std::string::npos && !is_there(path);
}

std::vector<std::string> matching_paths(const std::string& pattern) {
  std::vector<std::string> paths = globbed_paths(pattern);
  for (std::string& path : paths) path = tidy_path(path);
  return paths;
}

}  // namespace flm
