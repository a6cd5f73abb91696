// A group file, or a group written inside another, as checked data.
#pragma once

#include <string>
#include <vector>

#include "tasks/files/task_file.h"
#include "tasks/task.h"

namespace flm {

struct GroupSpec {
  std::string name, alias;
  std::string version;  // JSON or ""
  std::vector<GroupMetric> metrics;
  std::vector<TaskKey> defaults;  // keys that are not the group's own: for its members
  YamlNode members;               // names and maps
};

/// UserErrors "FILE:line: ...".
GroupSpec read_group_spec(const TaskFile& file);

/// Whether a key of a group says something of the group itself, and not of its members.
bool is_group_key(const std::string& name);

}  // namespace flm
