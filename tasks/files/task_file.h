// One task or group file with its includes merged: key by key, the including file wins.
#pragma once

#include <string>
#include <vector>

#include "base/documents/yaml.h"

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
  YamlNotes notes;  // duplicate keys

  const TaskKey* find(const std::string& name) const;
  std::string text(const std::string& name) const;  // of a key that is text, else ""
  bool is_group() const;                            // group: NAME with a list of tasks
  void set(TaskKey key);                            // replaces or appends
};

/// Reads and merges; an include is looked up beside the file that names it, and its task_list
/// stays its own. UserErrors carry file:line.
TaskFile read_task_file(const std::string& path);

/// The keys of a map that stands in a file.
std::vector<TaskKey> keys_of(const YamlNode& map, const std::string& path);

}  // namespace flm
