// One task file with its includes merged: key by key, the including file wins.
#pragma once

#include <string>
#include <vector>

#include "base/yaml.h"

namespace flm {

struct TaskKey {
  std::string name;
  YamlNode value;
  std::string file;  // where the value stands
  std::string where() const { return file + ":" + std::to_string(value.line); }
};

/// The top level of a task file. Keys in order of first appearance, included ones first.
struct TaskFile {
  std::string path;
  std::vector<TaskKey> keys;

  const TaskKey* find(const std::string& name) const;
  void set(TaskKey key);  // replaces or appends
};

/// Reads and merges; an include is looked up beside the file that names it. UserErrors carry
/// file:line.
TaskFile read_task_file(const std::string& path);

/// Overrides written in a group's task list: every key of a map but `task`.
void apply_overrides(TaskFile& file, const YamlNode& map, const std::string& origin);

}  // namespace flm
