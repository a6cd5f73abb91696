// flmeval tasks: what there is, and whether a file of the user's is sound.
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "base/documents/yaml.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "base/system/files_below.h"
#include "base/system/terminal_size.h"
#include "base/text/nearest_name.h"
#include "harness/commands/commands.h"
#include "harness/commands/tasks_show.h"
#include "harness/model/model_access.h"
#include "harness/process/exit_code.h"
#include "harness/terminal/jsonl.h"
#include "reports/figures/wrapped_text.h"
#include "tasks/broken_task_files.h"
#include "tasks/task.h"

namespace flm {
namespace {

bool has_pattern(const std::string& name, const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos)
    return name.find(pattern) != std::string::npos;
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

/// mmlu_anatomy carries the name of the group mmlu.
bool carries_name_of_group(const KnownTask& task, const std::vector<KnownTask>& all) {
  return std::any_of(all.begin(), all.end(), [&](const KnownTask& other) {
    return other.kind != "task" && other.name != task.name &&
           task.name.starts_with(other.name + "_");
  });
}

/// Those of the kind that have the pattern; without either, what stands for itself.
std::vector<KnownTask> listed_tasks(const std::vector<KnownTask>& all, const std::string& pattern,
                                    const std::string& kind, bool whole) {
  std::vector<KnownTask> out;
  for (const KnownTask& task : all)
    if (!kind.empty() && task.kind != kind)
      continue;
    else if (pattern.empty() ? whole || !carries_name_of_group(task, all)
                             : has_pattern(task.name, pattern))
      out.push_back(task);
  return out;
}

/// "task   NAME   description"; on a narrow terminal the description goes on below the name.
std::string list_line(const KnownTask& task, int columns) {
  constexpr std::size_t kKind = 7, kName = 44;
  std::string line = task.kind + std::string(kKind - task.kind.size(), ' ') + task.name;
  if (task.description.empty()) return fitted(line, columns, kKind);
  return labelled(line, kKind + kName + 1, task.description, columns);
}

int list_tasks(const Options& options, Progress& progress) {
  const int columns = columns_of_terminal(STDOUT_FILENO);
  const std::vector<KnownTask> known = known_tasks(options.task.include_path);
  if (const std::string note = broken_task_files_note(options.task.include_path); !note.empty())
    progress.note(note);
  const std::string pattern = options.operands.empty() ? "" : options.operands[0];
  const std::vector<KnownTask> tasks =
      listed_tasks(known, pattern, options.kind, options.json || !options.kind.empty());
  Json all = Json::array();
  for (const KnownTask& task : tasks) {
    if (!options.json) std::fputs(list_line(task, columns).c_str(), stdout);
    all.push_back({{"name", task.name},
                   {"kind", task.kind},
                   {"description", task.description},
                   {"file", task.file}});
  }
  if (options.json) print_line(compact_json(all));
  if (tasks.empty())
    progress.note("no " + (options.kind.empty() ? "name" : options.kind) +
                  (pattern.empty() ? " is there" : " has " + pattern) + "; see flmeval tasks list");
  if (!options.json && pattern.empty() && options.kind.empty() && tasks.size() < known.size())
    progress.note(std::to_string(known.size() - tasks.size()) +
                  " more carry the name of a group, as mmlu_anatomy does: flmeval tasks list "
                  "mmlu; all: flmeval tasks list '*'");
  return kDone;
}

int show_tasks(const Options& options) {
  if (options.operands.empty()) throw UserError("tasks show wants NAME...; see flmeval tasks list");
  const int columns = columns_of_terminal(STDOUT_FILENO);
  Json all = Json::array();
  for (const std::string& name : options.operands) {
    all.push_back(task_facts(name, options));
    if (!options.json) std::fputs(task_page(all.back(), columns).c_str(), stdout);
  }
  if (options.json) print_line(compact_json(all));
  return kDone;
}

/// "FILE: task t: 3 of 8 documents ...; the first: ...", for those that have the text; "" for none.
std::string finding_of(const std::string& file, const Task& task,
                       const std::vector<TaskItem>& items, const std::string TaskItem::*text,
                       const std::string& what) {
  std::int64_t count = 0;
  std::string first;
  for (const TaskItem& item : items) {
    if ((item.*text).empty()) continue;
    if (count++ == 0) first = "document " + std::to_string(item.doc_id) + ": " + item.*text;
  }
  return count == 0
             ? ""
             : file + ": task " + task.name() + ": " + std::to_string(count) + " of " +
                   std::to_string(items.size()) + " documents " + what + "; the first, " + first;
}

/// What only rendering shows: a column that the rows lack, a target outside the choices, data that
/// do not read. Every document of every task of the file.
std::vector<std::string> rendering_findings(const std::string& file, const TaskFlags& flags) {
  TaskOptions options;
  options.tasks = {file};
  options.include_path = flags.include_path;
  options.data_root = data_root(flags);
  options.accept_native_functions = flags.accept_native_functions;
  std::vector<std::string> findings;
  try {
    for (const auto& task : load_tasks(options).tasks) {
      std::vector<std::int64_t> ids(static_cast<std::size_t>(task->doc_count()));
      std::iota(ids.begin(), ids.end(), 0);
      if (ids.empty()) return {file + ": task " + task->name() + " has no documents"};
      const std::vector<TaskItem> items = task->items(ids);
      findings.push_back(finding_of(file, *task, items, &TaskItem::error, "cannot be rendered"));
      findings.push_back(
          finding_of(file, *task, items, &TaskItem::remark, "cannot be answered right"));
    }
    std::erase(findings, "");
    return findings;
  } catch (const UserError& error) {
    const std::string message = error.what();
    return {message.find(file) == std::string::npos ? file + ": " + message : message};
  }
}

std::vector<std::string> findings_of(const std::string& file, const Options& options) {
  std::vector<std::string> findings =
      validate_task_file(file, data_root(options.task), options.task.include_path,
                         options.task.accept_native_functions);
  const bool enough = options.files_only || !findings.empty();
  return enough ? findings : rendering_findings(file, options.task);
}

/// A file as it is; the name of a task or group, as lm_eval validates it, stands for its file.
std::string file_of(const std::string& operand, const std::string& include_path) {
  if (std::filesystem::exists(operand)) return operand;
  for (const KnownTask& task : known_tasks(include_path))
    if (task.name == operand && task.kind != "tag" && !task.file.empty()) return task.file;
  if (operand.find_first_of("./") != std::string::npos) return operand;  // a path that is missing
  std::vector<std::string> names;
  for (const KnownTask& task : known_tasks(include_path)) names.push_back(task.name);
  const std::string near = nearest_name(operand, names);
  throw UserError(
      "neither a file nor a task or group; " +
      (near.empty() ? std::string("see flmeval tasks list") : "did you mean " + near + "?") +
      " (asked: " + operand + ")");
}

/// What others include is no task. A file that cannot be read is one that has a finding.
bool may_be_task_file(const std::filesystem::path& path) {
  if (path.extension() != ".yaml") return false;
  try {
    const YamlNode keys = parse_yaml(read_file(path.string()), path.string());
    return !keys.is_map() || keys.find("task") || keys.find("group") || keys.find("include");
  } catch (const UserError&) {
    return true;
  }
}

/// Of the tasks and groups whose names a pattern matches, sorted; one file may hold several.
std::vector<std::string> files_matching(const std::string& pattern,
                                        const std::string& include_path) {
  std::set<std::string> files;
  for (const KnownTask& task : known_tasks(include_path))
    if (task.kind != "tag" && !task.file.empty() &&
        fnmatch(pattern.c_str(), task.name.c_str(), 0) == 0)
      files.insert(task.file);
  return {files.begin(), files.end()};
}

/// Of a folder every task file below it, in the order of their paths, as a run takes it.
std::vector<std::string> files_of(const std::string& operand, const std::string& include_path) {
  if (!std::filesystem::exists(operand) && operand.find_first_of("*?[") != std::string::npos)
    if (std::vector<std::string> known = files_matching(operand, include_path); !known.empty())
      return known;
  if (!std::filesystem::is_directory(operand)) return {file_of(operand, include_path)};
  std::vector<std::string> files = files_below(operand);
  std::erase_if(files, [](const std::string& file) { return !may_be_task_file(file); });
  if (files.empty())
    throw UserError("no task files (NAME.yaml with task: NAME) below the folder: " + operand);
  return files;
}

int validate_tasks(const Options& options) {
  if (options.operands.empty()) throw UserError("tasks validate wants FILE...");
  std::vector<std::string> files;
  for (const std::string& operand : options.operands)
    for (std::string& file : files_of(operand, options.task.include_path))
      files.push_back(std::move(file));
  Json all = Json::array();
  for (const std::string& file : files)
    for (const std::string& finding : findings_of(file, options)) {
      if (!options.json) std::printf("%s\n", finding.c_str());
      all.push_back(finding);
    }
  if (options.json) print_line(compact_json(all));
  if (!options.json && all.empty()) std::printf("%zu file(s), nothing found\n", files.size());
  return all.empty() ? kDone : kUserError;
}

}  // namespace

int command_tasks(const Options& options, Progress& progress) {
  if (options.action == "validate") return validate_tasks(options);
  return options.action == "show" ? show_tasks(options) : list_tasks(options, progress);
}

}  // namespace flm
