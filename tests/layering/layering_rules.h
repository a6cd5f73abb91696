// The rules of the house as pure functions over one file's text, so that a test can show that each
// of them can fail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flm::layering {

/// One `#include "..."` of ours: the path as written and its 1-based line.
struct Include {
  int line = 0;
  std::string path;
};

std::vector<Include> quoted_includes(std::string_view text);

/// Edges that design.md section 2 forbids. `path` is relative to the root: "engine/model/model.h".
std::vector<std::string> include_problems(const std::string& path, std::string_view text);

/// Conditional compilation: a missing feature is a source file, not an #ifdef.
std::vector<std::string> conditional_problems(const std::string& path, std::string_view text);

/// More than `kMostLines` lines.
std::vector<std::string> length_problems(const std::string& path, std::string_view text);
inline constexpr int kMostLines = 600;

/// A folder or file stem that says nothing.
std::vector<std::string> name_problems(const std::string& path);

}  // namespace flm::layering
