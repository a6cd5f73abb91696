// What there is to select: the tasks, groups and tags by name, and the check of a file.
#include "base/errors.h"
#include "tasks/broken_task_files.h"
#include "tasks/files/foreign_modules.h"
#include "tasks/files/group_file.h"
#include "tasks/files/task_keys.h"
#include "tasks/items/check.h"
#include "tasks/selection/group_metrics.h"
#include "tasks/selection/task_index.h"

namespace flm {

std::string broken_task_files_note(const std::string& include_path) {
  return include_path.empty() ? "" : TaskIndex(include_path).broken_note();
}

std::vector<KnownTask> known_tasks(const std::string& include_path) {
  std::vector<KnownTask> known;
  const TaskIndex index(include_path);
  index.refuse_circles();
  for (const auto& [name, entry] : index.entries()) {
    std::string about = entry.kind == "tag" ? std::to_string(entry.tasks.size()) +
                                                  (entry.tasks.size() == 1 ? " task" : " tasks")
                                            : "";
    if (!entry.rival.empty())
      about = "two files have this name: " + entry.file + " and " + entry.rival;
    known.push_back({name, entry.kind, about, entry.file});
  }
  known.push_back(
      {"bpb", "group",
       "bits per byte of every domain bpb/LANG/DOMAIN.jsonl (packed or not) of the data root; "
       "one: bpb_LANG_DOMAIN",
       definitions_folder() + "/bpb/_bpb_template_yaml"});
  return known;
}

std::vector<std::string> validate_task_file(const std::string& path, const std::string& data_root,
                                            const std::string& include_path,
                                            bool accept_native_functions) {
  try {
    const TaskFile file = read_task_file(path);
    if (!file.is_group()) {
      const TaskSpec spec = read_task_spec(file);
      check_task_spec(spec);
      std::vector<std::string> findings = literal_template_findings(spec);
      if (accept_native_functions) return findings;
      for (std::string& finding : foreign_module_findings(file))
        findings.push_back(std::move(finding));
      return findings;
    }
    read_group_spec(file);
    TaskOptions options;
    options.tasks = {path};
    options.include_path = include_path;
    options.data_root = data_root;
    options.accept_native_functions = accept_native_functions;
    const TaskSelection selection = load_tasks(options);
    std::vector<std::string> findings;
    for (const TaskGroup& group : selection.groups) {
      for (std::string& finding : group_metric_findings(group, selection.tasks))
        findings.push_back(std::move(finding));
    }
    return findings;
  } catch (const UserError& error) {
    return {error.what()};
  }
}

}  // namespace flm
