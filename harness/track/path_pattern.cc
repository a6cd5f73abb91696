#include "harness/track/path_pattern.h"

#include <glob.h>

#include <filesystem>

#include "base/errors.h"

namespace flm {

std::string tidy_path(const std::string& path) {
  std::string tidy = std::filesystem::path(path).lexically_normal().string();
  while (tidy.size() > 1 && tidy.back() == '/') tidy.pop_back();
  return tidy;
}

bool is_pattern(const std::string& path) {
  std::error_code ignored;
  return path.find_first_of("*?[") != std::string::npos && !std::filesystem::exists(path, ignored);
}

std::vector<std::string> matching_paths(const std::string& pattern) {
  glob_t found{};
  const int status = glob(pattern.c_str(), GLOB_TILDE, nullptr, &found);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < found.gl_pathc; ++i) paths.push_back(tidy_path(found.gl_pathv[i]));
  globfree(&found);
  if (status != 0 && status != GLOB_NOMATCH)
    throw UserError("--series cannot be looked up: " + pattern);
  return paths;
}

}  // namespace flm
