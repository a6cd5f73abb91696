// --tasks to leaf tasks and groups: names, tags, files and folders; groups inside groups;
// overrides.
#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "tasks/files/generation_overrides.h"
#include "tasks/files/group_file.h"
#include "tasks/files/task_keys.h"
#include "tasks/items/check.h"
#include "tasks/items/configurable_task.h"
#include "tasks/selection/bpb_mixtures.h"
#include "tasks/selection/bpb_tasks.h"
#include "tasks/selection/task_index.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// Keys that groups hand down to their members; a later one wins.
using Overrides = std::vector<TaskKey>;

bool is_pattern(const std::string& name) { return name.find_first_of("*?[") != std::string::npos; }

/// --predict-only: what the task says of scores gives way to the metric that scores nothing.
void bypass_metrics(TaskFile& file) {
  std::erase_if(file.keys, [](const TaskKey& key) { return key.name == "process_results"; });
  file.set({"metric_list", parse_yaml("[{metric: bypass}]", "--predict-only"), "--predict-only"});
}

class Selector {
 public:
  explicit Selector(const TaskOptions& options)
      : options_(options),
        index_(options.include_path),
        catalog_(options.data_root),
        generation_(parse_generation_overrides(options.gen_kwargs)) {
    settings_.num_fewshot = options.num_fewshot;
    settings_.seed = options.seed;
    settings_.system_instruction = options.system_instruction;
    settings_.chat = options.chat;
    settings_.judge = options.judge;
  }

  TaskSelection select() {
    for (const std::string& name : options_.tasks) add_asked(name);
    for (const std::string& note : catalog_.notes()) selection_.notes.push_back(note);
    return std::move(selection_);
  }

 private:
  using Leaves = std::vector<std::string>;

  void add_asked(const std::string& name) {
    if (fs::is_directory(name)) return add_folder(name);
    if (name.ends_with(".yaml")) {
      if (!fs::exists(name)) throw UserError("no such task file: " + name);
      add_file(name, {});
      return;
    }
    if (!is_pattern(name)) {
      add_name(name, {});
      return;
    }
    const std::vector<std::string> names = index_.matching(name);
    if (names.empty())
      throw UserError("no task, group or tag matches; see flmeval tasks list (asked: " + name +
                      ")");
    for (const std::string& one : names) add_name(one, {});
  }

  /// Every task and group below a folder, in the order of their paths; files that only others
  /// include are passed over.
  void add_folder(const std::string& folder) {
    bool found = false;
    for (const std::string& file : yaml_files(folder)) {
      if (!read_task_file(file).find("task")) continue;
      add_file(file, {});
      found = true;
    }
    if (!found)
      throw UserError("no task files (NAME.yaml with task: NAME) below the folder: " + folder);
  }

  Leaves add_name(const std::string& name, const Overrides& overrides) {
    if (is_bpb_name(name) && !index_.find(name)) return add_bpb(name, overrides);
    const IndexEntry* entry = index_.find(name);
    if (!entry && !near_file_.empty()) {  // a group file may name tasks that lie beside it
      const fs::path beside = fs::path(near_file_).parent_path() / (name + ".yaml");
      if (fs::exists(beside)) return add_file(beside.string(), overrides);
    }
    if (!entry) {
      std::vector<std::string> known = index_.names();
      known.push_back("bpb");
      const std::string near = nearest_name(name, known);
      throw UserError("no such task, group or tag" +
                      (near.empty() ? std::string("; see flmeval tasks list")
                                    : "; did you mean " + near + "?") +
                      unread_files() + " (asked: " + name + ")");
    }
    if (entry->kind != "tag") return add_file(entry->file, overrides);
    Leaves leaves;
    for (const std::string& task : entry->tasks) append(leaves, add_name(task, overrides));
    return leaves;
  }

  std::string unread_files() const {
    if (index_.broken().empty()) return "";
    return "; " + std::to_string(index_.broken().size()) +
           " files of --include-path could not be read, the first: " + index_.broken()[0];
  }

  /// A file holds a group or a task.
  Leaves add_file(const std::string& path, const Overrides& overrides) {
    TaskFile file = read_task_file(path);
    selection_.notes.insert(selection_.notes.end(), file.notes.begin(), file.notes.end());
    if (file.is_group()) return add_group(file, "", overrides);
    for (const TaskKey& key : overrides) {
      if (key.name != "task") file.set(key);
    }
    return add_task(file);
  }

  Leaves add_task(TaskFile file) {
    override_generation(file, generation_);
    if (options_.predict_only) bypass_metrics(file);
    TaskSpec spec = read_task_spec(file);
    const std::string name = spec.name;
    const bool there = std::any_of(selection_.tasks.begin(), selection_.tasks.end(),
                                   [&](const auto& t) { return t->name() == name; });
    if (!there)
      selection_.tasks.push_back(make_configurable_task(std::move(spec), catalog_, settings_));
    return {name};
  }

  /// Its own defaults for its members give way to what those outside hand down.
  Leaves add_group(const TaskFile& file, const std::string& outer, const Overrides& overrides) {
    const GroupSpec spec = read_group_spec(file);
    TaskGroup group;
    group.name = outer.empty() ? spec.name : outer + "::" + spec.name;
    group.alias = spec.alias.empty() ? group.name : spec.alias;
    group.version = spec.version;
    if (!options_.predict_only) group.metrics = spec.metrics;
    Overrides handed = spec.defaults;
    handed.insert(handed.end(), overrides.begin(), overrides.end());

    const std::size_t place = selection_.groups.size();  // parents stand before children
    selection_.groups.push_back(group);
    const std::string old = std::exchange(near_file_, file.path);
    for (const YamlNode& member : spec.members.items) add_member(group, member, file.path, handed);
    near_file_ = old;
    selection_.groups[place] = group;
    return group.leaves;
  }

  void add_member(TaskGroup& group, const YamlNode& member, const std::string& path,
                  const Overrides& overrides) {
    const YamlNode* name = member.is_map() ? member.find("group") : nullptr;
    if (!name) name = member.is_map() ? member.find("task") : &member;
    if (!name || !name->is_string()) {
      throw UserError(path + ":" + std::to_string(member.line) +
                      ": a member of a group is a name, {task: NAME, ...} or {group: NAME, task: "
                      "[...]}");
    }
    Leaves leaves;
    if (member.is_map() && member.find("group")) {
      leaves = add_inner_group(group, member, path, overrides);
    } else {
      Overrides handed = overrides;
      for (const TaskKey& key : keys_of(member, path)) handed.push_back(key);
      const bool inline_task = member.is_map() && !is_known(name->text);
      leaves = inline_task ? add_inline_task(group.name + "::" + name->text, path, handed)
                           : add_name(name->text, handed);
      const bool inner = selection_.find_group(name->text) != nullptr;
      append(group.children, inner ? Leaves{name->text} : leaves);
    }
    append(group.leaves, leaves);
  }

  /// {group: NAME, ...} is a known group with overrides, else a group written in place.
  Leaves add_inner_group(TaskGroup& group, const YamlNode& member, const std::string& path,
                         const Overrides& overrides) {
    const std::string name = member.find("group")->text;
    TaskFile inner;
    inner.path = path;
    inner.keys = keys_of(member, path);
    const IndexEntry* entry = index_.find(name);
    if (!entry || entry->kind != "group" || inner.is_group()) {
      group.children.push_back(group.name + "::" + name);
      return add_group(inner, group.name, overrides);
    }
    Overrides handed = overrides;
    for (const TaskKey& key : inner.keys) {
      if (!is_group_key(key.name)) handed.push_back(key);
    }
    group.children.push_back(name);
    return add_name(name, handed);
  }

  /// {task: NAME, ...} with a name that no file has: the map is the task.
  Leaves add_inline_task(const std::string& name, const std::string& path, const Overrides& keys) {
    TaskFile file;
    file.path = path;
    for (const TaskKey& key : keys) file.set(key);
    for (TaskKey& key : file.keys) {
      if (key.name == "task") key.value.text = name;
    }
    return add_task(file);
  }

  bool is_known(const std::string& name) const {
    return index_.find(name) || is_bpb_name(name) ||
           fs::exists(fs::path(near_file_).parent_path() / (name + ".yaml"));
  }

  Leaves add_bpb(const std::string& name, const Overrides& overrides) {
    const std::vector<TaskFile> domains = bpb_task_files(name, catalog_);
    TaskGroup group;
    const bool whole = domains.size() > 1 || domains[0].find("task")->value.text != name;
    if (whole) {
      group.name = group.alias = name;
      if (!options_.predict_only) group.metrics.push_back({"bpb", {}, false});
      selection_.groups.push_back(group);
    }
    const std::size_t place = selection_.groups.size() - 1;
    Leaves leaves;
    for (TaskFile file : domains) {
      for (const TaskKey& key : overrides) {
        if (key.name != "task") file.set(key);
      }
      append(leaves, add_task(std::move(file)));
    }
    if (whole) {
      TaskGroup& made = selection_.groups[place];
      made.children = made.leaves = leaves;
      if (!options_.predict_only) made.mixtures = mixtures_of(leaves);
    }
    return leaves;
  }

  /// Those that name a leaf of the group.
  std::vector<BpbMixture> mixtures_of(const Leaves& leaves) const {
    std::vector<BpbMixture> mixtures = load_bpb_mixtures(options_.bpb_mixture);
    std::erase_if(mixtures, [&](const BpbMixture& mixture) {
      return std::none_of(mixture.weights.begin(), mixture.weights.end(), [&](const auto& weight) {
        return std::find(leaves.begin(), leaves.end(), weight.first) != leaves.end();
      });
    });
    return mixtures;
  }

  static void append(Leaves& to, const Leaves& from) {
    to.insert(to.end(), from.begin(), from.end());
  }

  const TaskOptions& options_;
  TaskIndex index_;
  DatasetCatalog catalog_;
  const std::vector<std::pair<std::string, YamlNode>> generation_;
  TaskSettings settings_;
  TaskSelection selection_;
  std::string near_file_;
};

}  // namespace

const TaskGroup* TaskSelection::find_group(const std::string& name) const {
  const auto found =
      std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.name == name; });
  return found == groups.end() ? nullptr : &*found;
}

TaskSelection load_tasks(const TaskOptions& options) { return Selector(options).select(); }

std::vector<KnownTask> known_tasks(const std::string& include_path) {
  std::vector<KnownTask> known;
  const TaskIndex index(include_path);
  for (const auto& [name, entry] : index.entries()) {
    const std::string about =
        entry.kind == "tag" ? std::to_string(entry.tasks.size()) + " tasks" : "";
    known.push_back({name, entry.kind, about, entry.file});
  }
  known.push_back({"bpb", "group",
                   "bits per byte of every domain bpb/LANG/DOMAIN.jsonl[.gz] of the data root; "
                   "one: bpb_LANG_DOMAIN",
                   definitions_folder() + "/bpb/_bpb_template_yaml"});
  return known;
}

std::vector<std::string> validate_task_file(const std::string& path, const std::string& data_root) {
  try {
    const TaskFile file = read_task_file(path);
    if (!file.is_group()) {
      check_task_spec(read_task_spec(file));
      return {};
    }
    read_group_spec(file);
    TaskOptions options;
    options.tasks = {path};
    options.data_root = data_root;
    load_tasks(options);
    return {};
  } catch (const UserError& error) {
    return {error.what()};
  }
}

}  // namespace flm
