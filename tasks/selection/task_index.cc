#include "tasks/selection/task_index.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/system/places.h"
#include "base/system/shipped_folder.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> names_in(const TaskKey* key) {
  std::vector<std::string> names;
  if (!key) return names;
  if (key->value.is_string()) names.push_back(key->value.text);
  for (const YamlNode& item : key->value.items) {
    if (item.is_string()) names.push_back(item.text);
  }
  return names;
}

void add_tag(std::map<std::string, IndexEntry>& entries, const std::string& tag,
             const std::string& task, const std::string& path) {
  IndexEntry& entry = entries[tag];
  if (!entry.kind.empty() && entry.kind != "tag") return;
  if (entry.kind.empty()) entry = {"tag", path, {}, {}, {}, {}};
  const auto place = std::lower_bound(entry.tasks.begin(), entry.tasks.end(), task);
  if (place == entry.tasks.end() || *place != task) entry.tasks.insert(place, task);
}

void add_member_names(std::vector<std::string>& names, const YamlNode& members) {
  for (const YamlNode& member : members.items) {
    const YamlNode* list = member.is_map() ? member.find("task") : nullptr;
    if (list && list->is_list()) {  // a group written in place
      add_member_names(names, *list);
      continue;
    }
    const YamlNode* name = member.is_map() ? member.find("group") : &member;
    if (!name) name = list;
    if (name && name->is_string()) names.push_back(name->text);
  }
}

/// Of two files that give one name the first is kept, and the other noted: who asks for the name is
/// told of both.
void add_file(std::map<std::string, IndexEntry>& entries, const std::string& path) {
  const TaskFile file = read_task_file(path);
  const bool group = file.is_group();
  const std::string name = file.text(group ? "group" : "task");
  if (name.empty()) return;
  const auto [entry, added] = entries.try_emplace(name);
  if (!added && entry->second.kind != "tag") {
    if (entry->second.rival.empty()) entry->second.rival = path;
    return;
  }
  entry->second = {group ? "group" : "task", path, {}, {}, {}, {}};
  if (group) return add_member_names(entry->second.members, file.find("task")->value);
  for (const char* key : {"tag", "group"}) {
    for (const std::string& tag : names_in(file.find(key))) add_tag(entries, tag, name, path);
  }
}

}  // namespace

std::vector<std::string> yaml_files(const std::string& folder, std::vector<UnreadPath>* unread) {
  std::vector<std::string> files = files_below(folder, unread);
  const auto is_other = [](const fs::path& file) { return file.extension() != ".yaml"; };
  std::erase_if(files, is_other);
  if (unread)  // a folder may have any name, and what leads nowhere is none
    std::erase_if(*unread,
                  [&](const UnreadPath& one) { return is_other(one.path) && is_gone(one.path); });
  return files;
}

std::string definitions_folder() {
  return shipped_folder(FLM_SOURCE_TASKS, "tasks") + "/definitions";
}

TaskIndex::TaskIndex(const std::string& include_path) {
  add_definitions(definitions_folder());
  if (include_path.empty()) return;
  if (!is_folder(include_path)) throw UserError("--include-path is not a folder: " + include_path);
  add_included(include_path);
}

void TaskIndex::add_definitions(const std::string& folder) {
  Entries part;
  for (const std::string& file : yaml_files(folder)) add_file(part, file);
  take(std::move(part));
}

/// What is broken is kept for those who ask for its name; the folder itself must be readable.
void TaskIndex::add_included(const std::string& folder) {
  Entries part;
  std::vector<UnreadPath> unread;
  for (const std::string& file : yaml_files(folder, &unread)) {
    try {
      add_file(part, file);
    } catch (const UserError& error) {
      unread.push_back({file, error.what()});
    }
  }
  for (const UnreadPath& one : unread) {
    if (one.path == folder) throw UserError("--include-path: " + one.fault);
    broken_.push_back(broken_task_file(one));
  }
  take(std::move(part));
}

std::string TaskIndex::broken_note() const {
  if (broken_.empty()) return "";
  return std::to_string(broken_.size()) +
         (broken_.size() == 1 ? " file of --include-path cannot be read and gives no task: "
                              : " files of --include-path cannot be read and give no tasks, the "
                                "first: ") +
         broken_[0].fault;
}

/// The names of a folder, over those of the folders before it.
void TaskIndex::take(Entries part) {
  for (auto& [name, entry] : part) {
    IndexEntry& place = entries_[name];
    entry.replaces = place.file;
    place = std::move(entry);
  }
}

void TaskIndex::refuse_circles() const {
  std::set<std::string> done;
  std::vector<std::string> chain;
  for (const auto& [name, entry] : entries_) walk(name, chain, done);
}

/// Depth first; `chain` is the way here, `done` is known to hold no circle.
void TaskIndex::walk(const std::string& name, std::vector<std::string>& chain,
                     std::set<std::string>& done) const {
  const IndexEntry* entry = find(name);
  if (!entry || entry->kind != "group" || done.contains(name)) return;
  const bool circle = std::find(chain.begin(), chain.end(), name) != chain.end();
  chain.push_back(name);
  if (circle) {
    std::string way = name;
    for (auto at = std::find(chain.begin(), chain.end(), name) + 1; at != chain.end(); ++at)
      way += " -> " + *at;
    throw UserError(entry->file + ": the group " + name +
                    " holds itself; take it out of its own members: " + way);
  }
  for (const std::string& member : entry->members) walk(member, chain, done);
  chain.pop_back();
  done.insert(name);
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

std::vector<std::string> TaskIndex::matching(const std::string& pattern) const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) {
    if (fnmatch(pattern.c_str(), name.c_str(), 0) == 0) names.push_back(name);
  }
  return names;
}

}  // namespace flm
