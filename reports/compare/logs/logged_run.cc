#include "reports/compare/logs/logged_run.h"

#include <algorithm>

#include "base/errors.h"

namespace flm {
namespace {

void add_leaves(const LoggedRun& run, const std::string& name, std::vector<std::string>& out,
                int depth = 0) {
  if (depth > 100)
    throw UserError("groups that hold themselves in the results of " + run.about.origin + ": " +
                    name);
  const LoggedGroup* group = run.find_group(name);
  if (!group) return out.push_back(name);
  for (const std::string& child : group->children) add_leaves(run, child, out, depth + 1);
}

}  // namespace

bool LoggedGroup::weighs_by_size(const std::string& metric, const std::string& filter) const {
  for (const LoggedWeight& weight : weights)
    if (weight.metric == metric &&
        (weight.filters.empty() ||
         std::find(weight.filters.begin(), weight.filters.end(), filter) != weight.filters.end()))
      return weight.by_size;
  return weight_by_size;
}

LoggedTask* LoggedRun::find(const std::string& task) {
  for (LoggedTask& known : tasks)
    if (known.name == task) return &known;
  return nullptr;
}

const LoggedGroup* LoggedRun::find_group(const std::string& name) const {
  for (const LoggedGroup& group : groups)
    if (group.name == name) return &group;
  return nullptr;
}

std::vector<std::string> LoggedRun::leaves(const std::string& group) const {
  std::vector<std::string> out;
  add_leaves(*this, group, out);
  return out;
}

}  // namespace flm
