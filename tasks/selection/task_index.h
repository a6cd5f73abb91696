// Every known name: tasks, groups and tags of the built-in definitions and of --include-path.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/system/files_below.h"
#include "tasks/files/task_file.h"
#include "tasks/selection/broken_task_file.h"

namespace flm {

struct IndexEntry {
  std::string kind;  // task, group, tag
  std::string file;
  std::vector<std::string> tasks;    // of a tag, sorted
  std::vector<std::string> members;  // of a group: the names that it and groups written in it hold
  std::string rival;                 // another file of the same folder with this name; "" = none
  std::string replaces;              // of --include-path: the built-in file with this name
};

/// Immutable after building. Files that do not end in .yaml are only included by others.
class TaskIndex {
 public:
  /// Built-in definitions, then the files below `include_path`, which win.
  explicit TaskIndex(const std::string& include_path);

  const IndexEntry* find(const std::string& name) const;
  const std::map<std::string, IndexEntry>& entries() const { return entries_; }
  std::vector<std::string> names() const;
  /// Names that a pattern with *, ? or [...] matches, sorted.
  std::vector<std::string> matching(const std::string& pattern) const;
  /// Files and folders of --include-path that cannot be read; the others still serve.
  const std::vector<BrokenTaskFile>& broken() const { return broken_; }
  /// What a user should know of them; "" where there are none.
  std::string broken_note() const;
  /// UserError that names file, group and chain where a group holds itself.
  void refuse_circles() const;

 private:
  using Entries = std::map<std::string, IndexEntry>;
  void add_definitions(const std::string& folder);
  void add_included(const std::string& folder);
  void take(Entries part);
  void walk(const std::string& name, std::vector<std::string>& chain,
            std::set<std::string>& done) const;

  std::vector<BrokenTaskFile> broken_;
  Entries entries_;
};

/// Every NAME.yaml below a folder, sorted; `unread` as of files_below, without files of other
/// names.
std::vector<std::string> yaml_files(const std::string& folder,
                                    std::vector<UnreadPath>* unread = nullptr);

/// Where the built-in task files lie.
std::string definitions_folder();

}  // namespace flm
