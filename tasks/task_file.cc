#include "tasks/task_file.h"

#include <filesystem>

#include "base/errors.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

constexpr int kMaxIncludes = 20;

TaskFile read_nested(const std::string& path, int depth) {
  if (depth > kMaxIncludes)
    throw UserError(path + ": includes nest more than 20 deep; does a file include itself?");
  const YamlNode root = read_yaml_file(path);
  if (!root.is_map()) throw UserError(path + ":1: a task file must be a map of keys");
  TaskFile file;
  file.path = path;
  const auto include = [&](const YamlNode& name) {
    if (!name.is_string())
      throw UserError(path + ":" + std::to_string(name.line) + ": include wants a file name");
    const fs::path target = fs::path(path).parent_path() / name.text;
    if (!fs::exists(target)) {
      throw UserError(path + ":" + std::to_string(name.line) +
                      ": the included file does not exist: " + target.string());
    }
    for (TaskKey& key : read_nested(target.string(), depth + 1).keys) file.set(std::move(key));
  };
  if (const YamlNode* names = root.find("include")) {
    if (names->is_list()) {
      for (const YamlNode& name : names->items) include(name);
    } else {
      include(*names);
    }
  }
  for (const auto& [key, value] : root.entries) {
    if (!key.is_string())
      throw UserError(path + ":" + std::to_string(key.line) + ": a key must be a name");
    if (key.text == "include") continue;
    TaskKey entry{key.text, value, path};
    if (entry.value.line == 0) entry.value.line = key.line;
    file.set(std::move(entry));
  }
  return file;
}

}  // namespace

const TaskKey* TaskFile::find(const std::string& name) const {
  for (const TaskKey& key : keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

void TaskFile::set(TaskKey key) {
  for (TaskKey& existing : keys) {
    if (existing.name == key.name) {
      existing = std::move(key);
      return;
    }
  }
  keys.push_back(std::move(key));
}

TaskFile read_task_file(const std::string& path) { return read_nested(path, 0); }

void apply_overrides(TaskFile& file, const YamlNode& map, const std::string& origin) {
  for (const auto& [key, value] : map.entries) {
    if (key.text != "task") file.set({key.text, value, origin});
  }
}

}  // namespace flm
