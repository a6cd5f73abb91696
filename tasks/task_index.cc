#include "tasks/task_index.h"

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "datasets/shipped_folder.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> yaml_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".yaml")
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> names_in(const YamlNode* node) {
  std::vector<std::string> names;
  if (!node) return names;
  if (node->is_string()) names.push_back(node->text);
  for (const YamlNode& item : node->items) {
    if (item.is_string()) names.push_back(item.text);
  }
  return names;
}

}  // namespace

std::string definitions_folder() {
  return shipped_folder(FLM_SOURCE_TASKS, "tasks") + "/definitions";
}

TaskIndex::TaskIndex(const std::string& include_path) {
  add_folder(definitions_folder());
  if (include_path.empty()) return;
  if (!fs::is_directory(include_path))
    throw UserError("--include-path is not a folder: " + include_path);
  for (const std::string& file : yaml_files(include_path)) {
    try {
      add_file(file);
    } catch (const UserError& error) {
      broken_.push_back(error.what());
    }
  }
}

void TaskIndex::add_folder(const std::string& folder) {
  for (const std::string& file : yaml_files(folder)) add_file(file);
}

void TaskIndex::add_file(const std::string& path) {
  const YamlNode root = read_yaml_file(path);
  const YamlNode *task = root.find("task"), *group = root.find("group");
  if (group && group->is_string() && task && task->is_list()) {
    entries_[group->text] = {"group", path, {}};
    return;
  }
  if (!task || !task->is_string()) return;
  entries_[task->text] = {"task", path, {}};
  // Tags may stand in an included file.
  const TaskFile merged = read_task_file(path);
  for (const char* key : {"tag", "group"}) {
    const TaskKey* tags = merged.find(key);
    for (const std::string& tag : names_in(tags ? &tags->value : nullptr)) {
      IndexEntry& entry = entries_[tag];
      if (!entry.kind.empty() && entry.kind != "tag") continue;
      entry.kind = "tag";
      entry.file = path;
      if (std::find(entry.tasks.begin(), entry.tasks.end(), task->text) == entry.tasks.end())
        entry.tasks.push_back(task->text);
      std::sort(entry.tasks.begin(), entry.tasks.end());
    }
  }
}

const IndexEntry* TaskIndex::find(const std::string& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<std::string> TaskIndex::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

}  // namespace flm
