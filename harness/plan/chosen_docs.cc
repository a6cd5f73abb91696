#include "harness/plan/chosen_docs.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/errors.h"

namespace flm {

namespace {

/// A group has no documents of its own; lm_eval's keys are tasks, too.
[[noreturn]] void refuse_name(const std::string& name, const TaskSelection& selection) {
  for (const TaskGroup& group : selection.groups)
    if (group.name == name && !group.leaves.empty())
      throw UserError("--samples names a group; give its tasks, as " + group.leaves.front() + ": " +
                      name);
  throw UserError("--samples names a task that --tasks does not choose: " + name);
}

}  // namespace

void check_samples_known(const Json& samples, const TaskSelection& selection) {
  for (const auto& [name, ids] : samples.items()) {
    bool known = false;
    for (const auto& task : selection.tasks) known |= task->name() == name;
    if (!known) refuse_name(name, selection);
  }
}

std::vector<std::int64_t> chosen_docs(const Task& task, const TaskFlags& flags,
                                      const Json& samples) {
  const std::int64_t count = task.doc_count();
  std::vector<std::int64_t> ids;
  if (samples.contains(task.name())) {
    for (const Json& id : samples[task.name()]) {
      if (!id.is_number_integer() || id.get<std::int64_t>() < 0 ||
          id.get<std::int64_t>() >= count) {
        throw UserError("--samples " + task.name() + " has documents 0 to " +
                        std::to_string(count - 1) + ": " + id.dump());
      }
      ids.push_back(id.get<std::int64_t>());
    }
    // In the order of the data and each once, because shots are drawn in that order.
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
  }
  std::int64_t take = count;
  if (flags.limit >= 1 && flags.limit < static_cast<double>(count))
    take = static_cast<std::int64_t>(flags.limit);
  if (flags.limit > 0 && flags.limit < 1)
    take = static_cast<std::int64_t>(std::ceil(static_cast<double>(count) * flags.limit));
  for (std::int64_t id = 0; id < take; ++id) ids.push_back(id);
  return ids;
}

}  // namespace flm
