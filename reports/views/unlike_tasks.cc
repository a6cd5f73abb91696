#include "reports/views/unlike_tasks.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/text/joined.h"

namespace flm {
namespace {

constexpr std::size_t kNamedTasks = 6;

using SameTask = std::vector<const TaskRecord*>;  // in the runs that have it

/// The records of each task of two runs or more, in the order in which the tasks first come.
std::vector<std::pair<std::string, SameTask>> tasks_of_several(const std::vector<Report>& reports) {
  std::vector<std::pair<std::string, SameTask>> out;
  for (const Report& report : reports)
    for (const TaskRecord& task : report.tasks) {
      auto known = std::find_if(out.begin(), out.end(),
                                [&](const auto& one) { return one.first == task.task; });
      if (known == out.end()) known = out.insert(known, {task.task, {}});
      known->second.push_back(&task);
    }
  std::erase_if(out, [](const auto& one) { return one.second.size() < 2; });
  return out;
}

/// What is known of the runs ("" is not), each value once.
std::vector<std::string> distinct_values(
    const SameTask& tasks, const std::function<std::string(const TaskRecord&)>& value) {
  std::vector<std::string> out;
  for (const TaskRecord* task : tasks) {
    const std::string one = value(*task);
    if (!one.empty() && std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
  }
  return out;
}

std::string documents_of(const TaskRecord& task) {
  const bool all = task.docs_chosen == task.docs_total;
  return std::to_string(task.docs_chosen) + (all ? "" : " of " + std::to_string(task.docs_total));
}

/// "shots (0, 5)", "prompts"; "" where the records know no difference.
std::string first_difference(const SameTask& tasks) {
  const auto shots =
      distinct_values(tasks, [](const auto& t) { return std::to_string(t.num_fewshot); });
  if (shots.size() > 1) return "shots (" + joined(shots, ", ") + ")";
  if (distinct_values(tasks, [](const auto& t) { return t.spec_hash; }).size() > 1)
    return "task file";
  const auto documents = distinct_values(tasks, documents_of);
  if (documents.size() > 1) return "documents (" + joined(documents, ", ") + ")";
  if (distinct_values(tasks, [](const auto& t) { return t.data_hash; }).size() > 1) return "data";
  if (distinct_values(tasks, [](const auto& t) { return t.prompts_hash; }).size() > 1)
    return "prompts";
  return "";
}

}  // namespace

std::vector<std::string> unlike_tasks(const std::vector<Report>& reports) {
  std::vector<std::pair<std::string, std::vector<std::string>>> found;  // difference, tasks
  for (const auto& [name, tasks] : tasks_of_several(reports)) {
    const std::string difference = first_difference(tasks);
    if (difference.empty()) continue;
    auto known = std::find_if(found.begin(), found.end(),
                              [&](const auto& one) { return one.first == difference; });
    if (known == found.end()) known = found.insert(known, {difference, {}});
    known->second.push_back(name);
  }
  std::vector<std::string> out;
  for (const auto& [difference, names] : found)
    out.push_back(difference + " of " + first_few(names, kNamedTasks));
  return out;
}

}  // namespace flm
