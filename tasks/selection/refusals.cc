#include "tasks/selection/refusals.h"

#include <fnmatch.h>

#include <vector>

#include "base/errors.h"
#include "base/text/joined.h"
#include "base/text/nearest_name.h"
#include "tasks/selection/lm_eval_names.h"

namespace flm {
namespace {

std::string unread_files(const TaskIndex& index) {
  return index.broken().empty() ? "" : "; " + index.broken_note();
}

}  // namespace

void refuse_broken(const std::string& name, const TaskIndex& index) {
  for (const BrokenTaskFile& broken : index.broken())
    for (const std::string& one : broken.names)
      if (one == name || fnmatch(name.c_str(), one.c_str(), 0) == 0)
        throw UserError("a file of --include-path that may be what is asked for cannot be read: " +
                        broken.fault + "; mend it or take it out of that folder (asked: " + name +
                        ")");
}

void refuse_unknown(const std::string& name, const TaskIndex& index,
                    const std::string& include_path) {
  const std::string version = lm_eval_version_with(name);
  if (!version.empty() && include_path.empty())
    throw UserError("no such task is built in; lm-evaluation-harness " + version +
                    " has it: give its task files with --include-path "
                    ".../site-packages/lm_eval/tasks (asked: " +
                    name + ")");
  std::vector<std::string> known = index.names();
  known.push_back("bpb");
  const std::string near = nearest_name(name, known);
  throw UserError(
      "no such task, group or tag" +
      (near.empty() ? std::string("; see flmeval tasks list") : "; did you mean " + near + "?") +
      unread_files(index) + " (asked: " + name + ")");
}

void refuse_unknown_member(const std::string& name, const std::string& group_file,
                           const TaskIndex& index) {
  throw UserError(group_file + ": a member that is no task, group or tag, and no file " + name +
                  ".yaml beside the group; --include-path DIR finds tasks by their names" +
                  unread_files(index) + " (asked: " + name + ")");
}

void refuse_missing(const std::map<std::string, MissingDataset>& missing,
                    const std::string& data_root) {
  if (missing.size() == 1) throw UserError(missing.begin()->second.what());
  if (missing.empty()) return;
  using Source = MissingDataset::Source;
  std::vector<std::string> sets, listed, fetched;
  std::string remedies;
  for (const auto& [set, error] : missing) {
    sets.push_back(set);
    if (error.source != Source::kHub) listed.push_back(set);
    if (error.source == Source::kFetch) fetched.push_back(set);
    if (error.source == Source::kHub) remedies += "; type: hf download --repo-type dataset " + set;
  }
  const std::string root = data_root.empty() ? "DIR" : data_root;
  if (!fetched.empty())
    remedies = "; type: flmeval data fetch " + joined(fetched, " ") + " --data " + root + remedies;
  if (!listed.empty())
    remedies += "; flmeval data list " + joined(listed, " ") + " names their sources";
  throw UserError("the data of " + std::to_string(sets.size()) + " sets are not here" + remedies +
                  " (missing: " + joined(sets, ", ") + ")");
}

}  // namespace flm
