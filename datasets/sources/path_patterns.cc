#include "datasets/sources/path_patterns.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace flm {
namespace fs = std::filesystem;
namespace {

/// Where "[ab]" at the head of a pattern closes; npos: none stands there, "[" is itself.
std::size_t set_end(const std::string& pattern) {
  if (pattern[0] != '[') return std::string::npos;
  const std::size_t first = pattern.size() > 1 && (pattern[1] == '!' || pattern[1] == '^') ? 3 : 2;
  return pattern.find(']', first);  // a "]" that comes first is one of the set
}

bool in_set(std::string set, char c) {
  const bool others = set[0] == '!' || set[0] == '^';
  if (others) set.erase(0, 1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    found |= range ? set[i] <= c && c <= set[i + 2] : set[i] == c;
    if (range) i += 2;
  }
  return c != '/' && found != others;
}

/// Parts of a path that are passed over unless they are asked for.
bool is_hidden(const std::string& part) {
  return part.starts_with('.') && part.find_first_not_of('.') != std::string::npos;
}
bool is_special(const std::string& part) { return part.starts_with("__"); }

std::ptrdiff_t count_parts(const fs::path& path, bool (*is)(const std::string&)) {
  return std::count_if(path.begin(), path.end(), [&](const fs::path& p) { return is(p.string()); });
}

}  // namespace

bool has_pattern(const std::string& text) { return text.find_first_of("*?[") != std::string::npos; }

// Places of the path that the pattern so far reaches, so that many stars cost no more than one.
bool matches_pattern(const std::string& pattern, const std::string& path) {
  std::vector<bool> reached(path.size() + 1);
  reached[0] = true;
  const auto take_one = [&](const auto& fits) {
    for (std::size_t at = path.size(); at > 0; --at)
      reached[at] = reached[at - 1] && fits(path[at - 1]);
    reached[0] = false;
  };
  const auto take_any = [&](bool over_folders) {
    for (std::size_t at = 0; at < path.size(); ++at)
      if (reached[at] && (over_folders || path[at] != '/')) reached[at + 1] = true;
  };
  for (std::string rest = pattern; !rest.empty();) {
    std::size_t taken = 1;
    const std::size_t end = set_end(rest);
    if (rest.starts_with("**")) {
      taken = rest.starts_with("**/") ? 3 : 2;
      take_any(true);
    } else if (rest[0] == '*') {
      take_any(false);
    } else if (end != std::string::npos) {
      taken = end + 1;
      take_one([&](char c) { return in_set(rest.substr(1, end - 1), c); });
    } else {
      take_one([&](char c) { return rest[0] == c || (rest[0] == '?' && c != '/'); });
    }
    rest.erase(0, taken);
  }
  return reached[path.size()];
}

bool selects(const std::string& pattern, const std::string& path) {
  const fs::path wanted = pattern, found = path;
  return matches_pattern(pattern, path) &&
         count_parts(wanted, is_hidden) == count_parts(found, is_hidden) &&
         count_parts(wanted.parent_path(), is_special) ==
             count_parts(found.parent_path(), is_special);
}

}  // namespace flm
