#include "tasks/selection/broken_task_file.h"

#include <filesystem>
#include <optional>
#include <sstream>

#include "base/errors.h"
#include "base/system/files.h"

namespace flm {
namespace {

constexpr const char* kSpace = " \t\r";

/// Words between spaces and the signs of YAML's lists and texts, up to a comment.
void add_words(std::string text, std::set<std::string>& names) {
  for (char& c : text)
    if (std::string("[],\"'").find(c) != std::string::npos) c = ' ';
  std::istringstream words(text);
  for (std::string word; words >> word && word[0] != '#';) names.insert(word);
}

/// What stands behind "KEY:"; nothing where the line begins otherwise.
std::optional<std::string> value_behind(const std::string& line, const std::string& key) {
  if (!line.starts_with(key)) return std::nullopt;
  const std::size_t colon = line.find_first_not_of(kSpace, key.size());
  if (colon == std::string::npos || line[colon] != ':') return std::nullopt;
  return line.substr(colon + 1);
}

/// A list in lines of its own may follow tag: and group:; behind task: it holds a group's members.
void add_names(const std::string& text, std::set<std::string>& names) {
  std::istringstream lines(text);
  bool in_list = false;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find_first_not_of(kSpace);
    const std::string bare = begin == std::string::npos ? "" : line.substr(begin);
    if (in_list && bare.starts_with("-")) add_words(bare.substr(1), names);
    if (bare.starts_with("-")) continue;
    in_list = false;
    if (const auto task = value_behind(line, "task"))
      if (task->find('[') == std::string::npos) add_words(*task, names);
    for (const char* key : {"group", "tag"})
      if (const auto value = value_behind(line, key)) {
        add_words(*value, names);
        in_list = true;
      }
  }
}

std::string text_of(const std::string& path) {
  try {
    return read_regular_file(path);
  } catch (const UserError&) {
    return "";  // the fault is told already
  }
}

}  // namespace

BrokenTaskFile broken_task_file(const UnreadPath& unread) {
  BrokenTaskFile broken{unread.path, unread.fault, {}};
  const std::filesystem::path path(unread.path);
  broken.names.insert(path.extension() == ".yaml" ? path.stem().string()
                                                  : path.filename().string());
  add_names(text_of(unread.path), broken.names);
  return broken;
}

}  // namespace flm
