#include "tasks/selection/selection.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/errors.h"
#include "base/system/globbed_paths.h"
#include "base/text/joined.h"
#include "tasks/files/foreign_modules.h"
#include "tasks/files/generation_options.h"
#include "tasks/files/generation_overrides.h"
#include "tasks/files/group_file.h"
#include "tasks/files/task_keys.h"
#include "tasks/items/check.h"
#include "tasks/items/configurable_task.h"
#include "tasks/selection/bpb_mixtures.h"
#include "tasks/selection/bpb_tasks.h"
#include "tasks/selection/group_metrics.h"
#include "tasks/selection/refusals.h"
#include "tasks/selection/task_definitions.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// Keys that groups hand down to their members; a later one wins.
using Overrides = std::vector<TaskKey>;

constexpr std::size_t kNamedTasks = 6;  // of those that a note is about

bool is_pattern(const std::string& name) { return name.find_first_of("*?[") != std::string::npos; }

/// --predict-only: what the task says of scores gives way to the metric that scores nothing.
void bypass_metrics(TaskFile& file) {
  std::erase_if(file.keys, [](const TaskKey& key) { return key.name == "process_results"; });
  file.set({"metric_list", parse_yaml("[{metric: bypass}]", "--predict-only"), "--predict-only"});
}

class Selector {
 public:
  Selector(const TaskOptions& options, const TaskIndex& index, const DatasetCatalog& catalog)
      : options_(options),
        index_(index),
        catalog_(catalog),
        generation_(parse_generation_overrides(options.gen_kwargs)),
        definitions_(options.num_fewshot.has_value()) {
    settings_.num_fewshot = options.num_fewshot;
    settings_.seed = options.seed;
    settings_.system_instruction = options.system_instruction;
    settings_.chat = options.chat;
    settings_.judge = options.judge;
  }

  TaskSelection select() {
    for (const std::string& name : options_.tasks) add_asked(name);
    refuse_missing(missing_, options_.data_root);
    add_shots_note();
    for (const std::string& note : catalog_.notes()) selection_.notes.push_back(note);
    selection_.copies = catalog_.copies();
    selection_.substitutes = catalog_.substitutes();
    add_replacement_note();
    if (const std::string note = index_.broken_note(); !note.empty())
      selection_.notes.push_back(note);
    for (const TaskGroup& group : selection_.groups) {
      for (const std::string& finding : group_metric_findings(group, selection_.tasks))
        selection_.notes.push_back(finding);
    }
    return std::move(selection_);
  }

 private:
  using Leaves = std::vector<std::string>;

  /// What a name stands for: a task or a group, with the leaf tasks below.
  struct Member {
    std::string name;
    Leaves leaves;
  };
  using Members = std::vector<Member>;  // several of a tag

  void add_asked(const std::string& name) {
    refuse_broken(name, index_);
    // A data root has folders that bear names of tasks: who is in it means the task, ./NAME is one.
    if (fs::is_directory(name) && !index_.find(name) && !is_bpb_name(name))
      return add_files(yaml_files(name), name);
    if (name.ends_with(".yaml")) {
      if (!fs::exists(name) && is_pattern(name)) return add_files(globbed_paths(name), name);
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

  /// Every task and group of some files in their order; those that only others include are passed
  /// over. `asked`: the folder or pattern that they come from.
  void add_files(const std::vector<std::string>& files, const std::string& asked) {
    bool found = false;
    for (const std::string& file : files) {
      if (!read_task_file(file).find("task")) continue;
      add_file(file, {});
      found = true;
    }
    if (!found) throw UserError("no task files (NAME.yaml with task: NAME) there: " + asked);
  }

  Members add_name(const std::string& name, const Overrides& overrides) {
    refuse_broken(name, index_);
    if (is_bpb_name(name) && !index_.find(name)) return add_bpb(name, overrides);
    const IndexEntry* entry = index_.find(name);
    if (!entry && !near_file_.empty()) {  // a group file may name tasks that lie beside it
      const fs::path beside = fs::path(near_file_).parent_path() / (name + ".yaml");
      if (fs::exists(beside)) return add_file(beside.string(), overrides);
    }
    if (!entry && !near_file_.empty()) refuse_unknown_member(name, near_file_, index_);
    if (!entry) refuse_unknown(name, index_, options_.include_path);
    if (!entry->rival.empty())
      throw UserError("two files have the name " + name + ": " + entry->file + " and " +
                      entry->rival + "; rename it in one of them, or give --tasks the file");
    if (!entry->replaces.empty()) replacing_.insert(name);
    if (entry->kind != "tag") return add_file(entry->file, overrides);
    Members members;
    for (const std::string& task : entry->tasks) append(members, add_name(task, overrides));
    return members;
  }

  void add_shots_note() {
    if (options_.num_fewshot.value_or(0) == 0) return;
    std::string whole;
    for (const auto& task : selection_.tasks)
      if (task->output_type() == "loglikelihood_rolling")
        whole += (whole.empty() ? "" : ", ") + task->name();
    if (!whole.empty())
      selection_.notes.push_back("no shots stand before a text that is scored as a whole: " +
                                 whole);
    add_kept_shots_note();
  }

  /// A task file's own 0 stays, as in lm-evaluation-harness, which says so, too.
  void add_kept_shots_note() {
    std::vector<std::string> kept;
    for (const auto& task : selection_.tasks)
      if (task->num_fewshot() != *options_.num_fewshot &&
          task->output_type() != "loglikelihood_rolling")
        kept.push_back(task->name());
    if (!kept.empty())
      selection_.notes.push_back(
          "0 shots as the task file says, not --num-fewshot " +
          std::to_string(*options_.num_fewshot) +
          ", which leaves num_fewshot: 0 as it is: " + first_few(kept, kNamedTasks));
  }

  void add_replacement_note() {
    if (replacing_.empty()) return;
    const IndexEntry& first = *index_.find(*replacing_.begin());
    const std::size_t more = replacing_.size() - 1;
    selection_.notes.push_back(*replacing_.begin() + " of " + first.file +
                               " stands in place of the built-in " + first.replaces +
                               (more > 0 ? "; so do " + std::to_string(more) + " others" : ""));
  }

  /// A file holds a group or a task.
  Members add_file(const std::string& path, const Overrides& overrides) {
    TaskFile file = read_task_file(path);
    selection_.notes.insert(selection_.notes.end(), file.notes.begin(), file.notes.end());
    if (file.is_group()) return {add_group(file, "", overrides)};
    for (const TaskKey& key : overrides) {
      if (key.name != "task") file.set(key);
    }
    return {add_task(file)};
  }

  Member add_task(TaskFile file) {
    override_generation(file, generation_);
    if (options_.predict_only) bypass_metrics(file);
    TaskSpec spec = read_task_spec(file);
    refuse_foreign_modules(file);
    const std::string name = spec.name;
    selection_.notes.insert(selection_.notes.end(), spec.notes.begin(), spec.notes.end());
    if (const std::string note = sampling_note(spec); !note.empty())
      selection_.notes.push_back(note);
    for (std::string& finding : literal_template_findings(spec))
      selection_.notes.push_back(std::move(finding));
    const bool fresh =
        definitions_.add(name, {canonical(file.path), config_without_shots(spec.config_json),
                                shots_of(spec, settings_), joined(open_names(), " -> ")});
    if (fresh) load(std::move(spec));
    return {name, {name}};
  }

  void load(TaskSpec spec) {
    try {
      selection_.tasks.push_back(make_configurable_task(std::move(spec), catalog_, settings_));
    } catch (const MissingDataset& error) {
      missing_.emplace(error.set, error);
    }
  }

  /// A user's own Python is refused, or passed over with a note where the user says so.
  void refuse_foreign_modules(const TaskFile& file) {
    for (const std::string& finding : foreign_module_findings(file)) {
      if (!options_.accept_native_functions) throw UserError(finding);
      selection_.notes.push_back(finding);
    }
  }

  /// Its own defaults for its members give way to what those outside hand down.
  Member add_group(const TaskFile& file, const std::string& outer, const Overrides& overrides) {
    const GroupSpec spec = read_group_spec(file);
    TaskGroup group;
    group.name = outer.empty() ? spec.name : outer + "::" + spec.name;
    group.alias = spec.alias.empty() ? group.name : spec.alias;
    group.version = spec.version;
    if (!options_.predict_only) group.metrics = spec.metrics;
    Overrides handed = spec.defaults;
    handed.insert(handed.end(), overrides.begin(), overrides.end());

    enter(group.name, file.path);
    selection_.groups.push_back(group);  // parents stand before children
    const std::string old = std::exchange(near_file_, file.path);
    for (const YamlNode& member : spec.members.items)
      add_members(group, members_of(group, member, file.path, handed));
    near_file_ = old;
    open_.pop_back();
    keep_group(group);
    return {group.name, group.leaves};
  }

  void enter(const std::string& name, const std::string& path) {
    const std::pair<std::string, std::string> here(name, canonical(path));
    const bool circle = std::find(open_.begin(), open_.end(), here) != open_.end();
    open_.push_back(here);
    if (circle)
      throw UserError(
          path + ": the group " + name +
          " holds itself; take it out of its own members: " + joined(open_names(), " -> "));
  }

  /// Puts the finished group where its place was kept; the same one met before gives way to it.
  void keep_group(const TaskGroup& group) {
    std::vector<TaskGroup>& groups = selection_.groups;
    const auto same_name = [&](const TaskGroup& g) { return g.name == group.name; };
    const auto place = std::find_if(groups.rbegin(), groups.rend(), same_name);
    *place = group;
    const auto first = std::find_if(groups.begin(), groups.end(), same_name);
    if (&*first == &*place) {
      add_repeat_notes(group);
      return;
    }
    if (*first != group)
      throw UserError("two groups have the name " + group.name +
                      " and differ; rename one of them, or run them apart: " + group.name);
    groups.erase(first);
  }

  /// lm-evaluation-harness counts a task in each part of a group that holds it.
  void add_repeat_notes(const TaskGroup& group) {
    std::map<std::string, int> times;
    for (const std::string& leaf : group.leaves) {
      if (++times[leaf] == 2)
        selection_.notes.push_back("group " + group.name + " counts " + leaf +
                                   " more than once: several of its parts hold it");
    }
  }

  /// A member that is named twice counts once.
  static void add_members(TaskGroup& group, const Members& members) {
    for (const Member& member : members) {
      const auto& there = group.children;
      if (std::find(there.begin(), there.end(), member.name) != there.end()) continue;
      group.children.push_back(member.name);
      group.leaves.insert(group.leaves.end(), member.leaves.begin(), member.leaves.end());
    }
  }

  Members members_of(const TaskGroup& group, const YamlNode& member, const std::string& path,
                     const Overrides& overrides) {
    const YamlNode* name = member.is_map() ? member.find("group") : nullptr;
    if (!name) name = member.is_map() ? member.find("task") : &member;
    if (!name || !name->is_string()) {
      throw UserError(path + ":" + std::to_string(member.line) +
                      ": a member of a group is a name, {task: NAME, ...} or {group: NAME, task: "
                      "[...]}");
    }
    refuse_broken(name->text, index_);  // or a map beside the name would be a task of its own
    if (member.is_map() && member.find("group")) return inner_group(group, member, path, overrides);
    Overrides handed = overrides;
    for (const TaskKey& key : keys_of(member, path)) handed.push_back(key);
    const bool inline_task = member.is_map() && !is_known(name->text);
    if (inline_task) return {add_inline_task(group.name + "::" + name->text, path, handed)};
    return add_name(name->text, handed);
  }

  /// {group: NAME, ...} is a known group with overrides, else a group written in place.
  Members inner_group(const TaskGroup& group, const YamlNode& member, const std::string& path,
                      const Overrides& overrides) {
    const std::string name = member.find("group")->text;
    TaskFile inner;
    inner.path = path;
    inner.keys = keys_of(member, path);
    const IndexEntry* entry = index_.find(name);
    if (!entry || entry->kind != "group" || inner.is_group())
      return {add_group(inner, group.name, overrides)};
    Overrides handed = overrides;
    for (const TaskKey& key : inner.keys) {
      if (!is_group_key(key.name)) handed.push_back(key);
    }
    return add_name(name, handed);
  }

  /// {task: NAME, ...} with a name that no file has: the map is the task.
  Member add_inline_task(const std::string& name, const std::string& path, const Overrides& keys) {
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

  Members add_bpb(const std::string& name, const Overrides& overrides) {
    const std::vector<TaskFile> domains = bpb_task_files(name, catalog_);
    const bool whole = domains.size() > 1 || domains[0].find("task")->value.text != name;
    TaskGroup group;
    group.name = group.alias = name;
    if (whole) selection_.groups.push_back(group);
    Members members;
    for (TaskFile file : domains) {
      for (const TaskKey& key : overrides) {
        if (key.name != "task") file.set(key);
      }
      members.push_back(add_task(std::move(file)));
    }
    if (!whole) return members;
    add_members(group, members);
    if (!options_.predict_only) {
      group.metrics.push_back({"bpb", {}, false, {}});
      group.mixtures = mixtures_of(group.leaves);
    }
    keep_group(group);
    return {{name, group.leaves}};
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

  static void append(Members& to, Members from) { to.insert(to.end(), from.begin(), from.end()); }

  static std::string canonical(const std::string& path) {
    return fs::weakly_canonical(path).string();
  }

  std::vector<std::string> open_names() const {
    std::vector<std::string> names;
    for (const auto& [name, file] : open_) names.push_back(name);
    return names;
  }

  const TaskOptions& options_;
  const TaskIndex& index_;
  const DatasetCatalog& catalog_;
  const std::vector<std::pair<std::string, YamlNode>> generation_;
  TaskSettings settings_;
  TaskSelection selection_;
  std::string near_file_;
  std::vector<std::pair<std::string, std::string>> open_;  // groups being read: name, file
  TaskDefinitions definitions_;                            // of the selection's tasks
  std::map<std::string, MissingDataset> missing_;          // by set, the first of each
  std::set<std::string> replacing_;  // names of --include-path that a built-in file has too
};

}  // namespace

TaskSelection select_tasks(const TaskOptions& options, const TaskIndex& index,
                           const DatasetCatalog& catalog) {
  return Selector(options, index, catalog).select();
}

TaskSelection load_tasks(const TaskOptions& options) {
  return select_tasks(options, TaskIndex(options.include_path), DatasetCatalog(options.data_root));
}

}  // namespace flm
