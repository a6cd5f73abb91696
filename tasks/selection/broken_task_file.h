// What a task file may be called that cannot be read: who asks for such a name may mean it.
#pragma once

#include <set>
#include <string>

#include "base/system/files_below.h"

namespace flm {

/// A file or folder of --include-path that gives no tasks.
struct BrokenTaskFile {
  std::string path, fault;      // `fault` is a sentence that names the path
  std::set<std::string> names;  // the file's own without .yaml, and those that its text gives
};

/// Looks into the text, where there is any, without YAML's rules: what stands behind task:, group:
/// and tag: at the start of a line.
BrokenTaskFile broken_task_file(const UnreadPath& unread);

}  // namespace flm
