// --tasks to leaf tasks and groups: names, tags, files and folders; groups inside groups;
// overrides.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/json.h"
#include "tasks/bpb_tasks.h"
#include "tasks/configurable_task.h"
#include "tasks/task_index.h"
#include "tasks/task_spec.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

const std::vector<std::string> kGroupKeys = {
    "group", "group_alias", "task", "aggregate_metric_list", "metadata", "include"};

/// Overrides that groups hand down to their members, outermost first.
using Overrides = std::vector<std::pair<const YamlNode*, std::string>>;

std::string where(const std::string& file, const YamlNode& node) {
  return file + ":" + std::to_string(node.line);
}

GroupMetric group_metric(const YamlNode& node, const std::string& file) {
  GroupMetric metric;
  for (const auto& [key, value] : node.entries) {
    if (key.text == "metric") {
      metric.metric = value.text;
    } else if (key.text == "weight_by_size") {
      if (value.kind != YamlNode::Kind::kBool)
        throw UserError(where(file, value) +
                        ": weight_by_size must be true or false: " + value.text);
      metric.weight_by_size = value.boolean;
    } else if (key.text == "filter_list") {
      if (value.is_string()) metric.filters = {value.text};
      for (const YamlNode& item : value.items) metric.filters.push_back(item.text);
    } else if (key.text == "aggregation") {
      if (value.text != "mean")
        throw UserError(where(file, value) + ": a group's aggregation must be mean: " + value.text);
    } else {
      static const std::vector<std::string> known = {"metric", "weight_by_size", "filter_list",
                                                     "aggregation"};
      const std::string near = nearest_name(key.text, known);
      throw UserError(where(file, key) + ": unknown key " + key.text +
                      (near.empty() ? "" : "; did you mean " + near + "?"));
    }
  }
  if (metric.metric.empty())
    throw UserError(where(file, node) + ": an aggregate_metric_list entry wants metric: NAME");
  return metric;
}

std::string group_version(const YamlNode& map) {
  const YamlNode* metadata = map.find("metadata");
  const YamlNode* version = metadata ? metadata->find("version") : nullptr;
  if (!version) return "";
  return Json(PyValue::from_yaml(*version).str()).dump();  // a group's version is a string
}

class Selector {
 public:
  explicit Selector(const TaskOptions& options)
      : options_(options), index_(options.include_path), catalog_(options.data_root) {
    settings_.num_fewshot = options.num_fewshot;
    settings_.seed = options.seed;
    settings_.system_instruction = options.system_instruction;
    settings_.chat = options.chat;
  }

  TaskSelection select() {
    for (const std::string& name : options_.tasks) add_asked(name);
    return std::move(selection_);
  }

 private:
  using Leaves = std::vector<std::string>;

  void add_asked(const std::string& name) {
    if (fs::is_directory(name)) return add_folder(name);
    if (name.ends_with(".yaml")) {
      if (!fs::exists(name)) throw UserError("no such task file: " + name);
      add_file(name, {}, "");
      return;
    }
    add_name(name, {});
  }

  /// Every task and group below a folder, in the order of their paths; files that only others
  /// include are passed over.
  void add_folder(const std::string& folder) {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    bool found = false;
    for (const std::string& file : files) {
      if (!read_yaml_file(file).find("task")) continue;
      add_file(file, {}, "");
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
      if (fs::exists(beside)) return add_file(beside.string(), overrides, "");
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
    if (entry->kind != "tag") return add_file(entry->file, overrides, "");
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
  Leaves add_file(const std::string& path, const Overrides& overrides, const std::string& outer) {
    files_.push_back(std::make_unique<YamlNode>(read_yaml_file(path)));
    const YamlNode& root = *files_.back();
    const YamlNode *group = root.find("group"), *task = root.find("task");
    if (group && task && task->is_list()) return add_group(root, path, overrides, outer);
    TaskFile file = read_task_file(path);
    for (const auto& [map, origin] : overrides) apply_overrides(file, *map, origin);
    return add_task(std::move(file));
  }

  Leaves add_task(TaskFile file) {
    TaskSpec spec = make_task_spec(file);
    const std::string name = spec.name;
    const bool there = std::any_of(selection_.tasks.begin(), selection_.tasks.end(),
                                   [&](const auto& t) { return t->name() == name; });
    if (!there)
      selection_.tasks.push_back(make_configurable_task(std::move(spec), catalog_, settings_));
    return {name};
  }

  Leaves add_group(const YamlNode& map, const std::string& path, Overrides overrides,
                   const std::string& outer) {
    TaskGroup group;
    const std::string own = map.find("group")->text;
    group.name = outer.empty() ? own : outer + "::" + own;
    const YamlNode* alias = map.find("group_alias");
    group.alias = alias && alias->is_string() ? alias->text : group.name;
    group.version = group_version(map);
    if (const YamlNode* metrics = map.find("aggregate_metric_list")) {
      if (metrics->is_map()) group.metrics.push_back(group_metric(*metrics, path));
      for (const YamlNode& metric : metrics->items)
        group.metrics.push_back(group_metric(metric, path));
    }
    files_.push_back(std::make_unique<YamlNode>(handed_down(map)));
    if (!files_.back()->entries.empty()) overrides.emplace_back(files_.back().get(), path);

    const std::size_t place = selection_.groups.size();  // parents stand before children
    selection_.groups.push_back(group);
    const std::string old = std::exchange(near_file_, path);
    for (const YamlNode& member : map.find("task")->items)
      add_member(group, member, path, overrides);
    near_file_ = old;
    selection_.groups[place] = group;
    return group.leaves;
  }

  void add_member(TaskGroup& group, const YamlNode& member, const std::string& path,
                  Overrides overrides) {
    Leaves leaves;
    const YamlNode* task = member.is_map() ? member.find("task") : nullptr;
    if (member.is_string()) {
      leaves = add_name(member.text, overrides);
      const IndexEntry* entry = index_.find(member.text);
      if (entry && entry->kind == "tag") {
        append(group.children, leaves);
      } else {
        group.children.push_back(member.text);
      }
    } else if (member.is_map() && member.find("group")) {
      leaves = add_group(member, path, overrides, group.name);
      group.children.push_back(group.name + "::" + member.find("group")->text);
    } else if (task && task->is_string()) {
      overrides.emplace_back(&member, path);
      leaves = add_name(task->text, overrides);
      append(group.children, leaves);
    } else {
      throw UserError(
          where(path, member) +
          ": a member of a group is a name, {task: NAME, ...} or {group: NAME, task: [...]}");
    }
    append(group.leaves, leaves);
  }

  /// Keys of a group that are not the group's own override those of its members.
  static YamlNode handed_down(const YamlNode& map) {
    YamlNode rest;
    rest.kind = YamlNode::Kind::kMap;
    rest.line = map.line;
    for (const auto& [key, value] : map.entries) {
      if (std::find(kGroupKeys.begin(), kGroupKeys.end(), key.text) == kGroupKeys.end())
        rest.entries.emplace_back(key, value);
    }
    return rest;
  }

  Leaves add_bpb(const std::string& name, const Overrides& overrides) {
    const std::vector<TaskFile> domains = bpb_task_files(name, catalog_);
    TaskGroup group;
    const bool whole = domains.size() > 1 || domains[0].find("task")->value.text != name;
    if (whole) {
      group.name = group.alias = name;
      group.metrics.push_back({"bpb", {}, false});
      selection_.groups.push_back(group);
    }
    const std::size_t place = selection_.groups.size() - 1;
    Leaves leaves;
    for (TaskFile file : domains) {
      for (const auto& [map, origin] : overrides) apply_overrides(file, *map, origin);
      append(leaves, add_task(std::move(file)));
    }
    if (whole) selection_.groups[place].children = selection_.groups[place].leaves = leaves;
    return leaves;
  }

  static void append(Leaves& to, const Leaves& from) {
    to.insert(to.end(), from.begin(), from.end());
  }

  const TaskOptions& options_;
  TaskIndex index_;
  DatasetCatalog catalog_;
  TaskSettings settings_;
  TaskSelection selection_;
  std::string near_file_;
  std::vector<std::unique_ptr<YamlNode>> files_;  // keep override maps alive
};

}  // namespace

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
    const YamlNode root = read_yaml_file(path);
    const YamlNode* task = root.find("task");
    if (root.find("group") && task && task->is_list()) {
      TaskOptions options;
      options.tasks = {path};
      options.data_root = data_root;
      load_tasks(options);
      return {};
    }
    make_task_spec(read_task_file(path));
    return {};
  } catch (const UserError& error) {
    return {error.what()};
  }
}

}  // namespace flm
