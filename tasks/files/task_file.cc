#include "tasks/files/task_file.h"

#include <algorithm>
#include <filesystem>

#include "base/errors.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

constexpr int kMaxIncludes = 20;

TaskFile read_nested(const std::string& path, int depth);

void include(TaskFile& file, const YamlNode& name, int depth) {
  const std::string where = file.path + ":" + std::to_string(name.line) + ": ";
  if (!name.is_string()) throw UserError(where + "include wants a file name");
  if (name.text.find('\0') != std::string::npos)
    throw UserError(where + "include wants a file name, which has no zero byte");
  const fs::path target = fs::path(file.path).parent_path() / name.text;
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  if (status.type() == fs::file_type::not_found)
    throw UserError(where + "the included file does not exist: " + target.string());
  if (error)
    throw UserError(where + "the included file cannot be looked up (" + error.message() +
                    "); give another name or get the right to it: " + target.string());
  if (!fs::is_regular_file(status))
    throw UserError(where + "the included file is no file: " + target.string());
  TaskFile included = read_nested(target.string(), depth + 1);
  for (TaskKey& key : included.keys) {
    if (key.name != "task_list") file.set(std::move(key));
  }
  file.notes.insert(file.notes.end(), included.notes.begin(), included.notes.end());
}

TaskFile read_nested(const std::string& path, int depth) {
  if (depth > kMaxIncludes)
    throw UserError(path + ": includes nest more than 20 deep; does a file include itself?");
  TaskFile file;
  file.path = path;
  const YamlNode root = read_yaml_file(path, &file.notes);
  if (!root.is_map()) throw UserError(path + ":1: a task file must be a map of keys");
  if (const YamlNode* names = root.find("include")) {
    if (!names->is_list()) include(file, *names, depth);
    for (const YamlNode& name : names->items) include(file, name, depth);
  }
  for (TaskKey& key : keys_of(root, path)) {
    if (key.name != "include") file.set(std::move(key));
  }
  return file;
}

}  // namespace

const TaskKey* TaskFile::find(const std::string& name) const {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const TaskKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

std::string TaskFile::text(const std::string& name) const {
  const TaskKey* key = find(name);
  return key && key->value.is_string() ? key->value.text : "";
}

bool TaskFile::is_group() const {
  const TaskKey* tasks = find("task");
  return !text("group").empty() && tasks && tasks->value.is_list();
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

std::vector<TaskKey> keys_of(const YamlNode& map, const std::string& path) {
  std::vector<TaskKey> keys;
  for (const auto& [key, value] : map.entries) {
    if (!key.is_string())
      throw UserError(path + ":" + std::to_string(key.line) + ": a key must be a name");
    keys.push_back({key.text, value, path});
    if (value.line == 0) keys.back().value.line = key.line;
  }
  return keys;
}

}  // namespace flm
