// The rules of the house as pure functions over one file's text, so that a test can show that each
// of them can fail.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/layering/rooms.h"

namespace flm::layering {

/// One `#include "..."` of ours: the path as written and its 1-based line.
struct Include {
  int line = 0;
  std::string path;
};

std::vector<Include> quoted_includes(std::string_view text);

/// What the first #include of a file names, quoted or in brackets; "" where there is none.
std::string first_include(std::string_view text);

/// Includes that rooms.txt does not allow. `path` is relative to the root: "engine/engine.h".
std::vector<std::string> include_problems(const Rooms& rooms, const std::string& path,
                                          std::string_view text);

/// x.cc includes x.h before anything else, which proves that x.h compiles alone; a body without a
/// header of its name defines what a header of its folder, or of one above, declares; a header
/// begins with #pragma once. `files`: all paths of the product.
std::vector<std::string> header_problems(const std::string& path, std::string_view text,
                                         const std::set<std::string>& files);

/// Circles of includes, of files with what they include.
std::vector<std::string> circle_problems(
    const std::map<std::string, std::vector<std::string>>& includes);

/// Types that the text of a header defines, with their namespaces: "flm::Store"; without those of
/// unnamed ones.
std::vector<std::string> defined_types(std::string_view text);

/// Types with two homes, of types with the headers that define them: one program may hold one
/// definition alone, and a linker that meets two takes either in silence.
std::vector<std::string> home_problems(
    const std::map<std::string, std::vector<std::string>>& homes);

/// Conditional compilation: a missing feature is a source file, not an #ifdef.
std::vector<std::string> conditional_problems(const std::string& path, std::string_view text);

/// Files of ours that a comment names ("unity.h", "engine/x.cc") and that are not there: `files`
/// are all paths. Placeholders in capitals or with stars are none, and headers in `foreign` are
/// others'.
std::vector<std::string> comment_problems(const std::string& path, std::string_view text,
                                          const std::set<std::string>& files,
                                          const std::set<std::string>& foreign);

/// More than `kMostLines` lines.
std::vector<std::string> length_problems(const std::string& path, std::string_view text);
inline constexpr int kMostLines = 600;

/// A folder or file stem that says nothing.
std::vector<std::string> name_problems(const std::string& path);

}  // namespace flm::layering
