#include "reports/scores/score_rows.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/errors.h"
#include "reports/scores/bits_per_byte_scores.h"

namespace flm {
namespace {

class RowLayout {
 public:
  RowLayout(const std::vector<GroupRecord>& records, const LeafScores& leaves,
            const std::map<std::string, GroupScores>& groups)
      : records_(records), leaves_(leaves), groups_(groups) {}

  void add(const std::string& name, int depth) {
    FLM_CHECK(depth < 100, "groups that hold themselves: " + name);
    const auto group = std::find_if(records_.begin(), records_.end(),
                                    [&](const GroupRecord& g) { return g.name == name; });
    if (group == records_.end()) return add_task(name, depth);
    const GroupScores& scores = groups_.at(name);
    ReportRow row{name, group->alias, depth, true, 0, scores.n, scores.flagged, scores.failed, {}};
    row.scores = scores.scores;
    row.choices = scores.choices;
    row.scores.insert(row.scores.end(), scores.extra.begin(), scores.extra.end());
    rows.push_back(std::move(row));
    for (const std::string& child : group->children) add(child, depth + 1);
  }

  std::vector<ReportRow> rows;

 private:
  void add_task(const std::string& name, int depth) {
    const auto leaf = leaves_.find(name);
    if (leaf == leaves_.end()) return;
    const TaskScores& scores = leaf->second;
    ReportRow row{name,     scores.task.alias, depth,         false, scores.task.num_fewshot,
                  scores.n, scores.flagged,    scores.failed, {}};
    row.choices = scores.choices;
    for (const ScoredMetric& scored : scores.metrics) row.scores.push_back(scored.score);
    for (const Score& rate : token_rates(scores)) row.scores.push_back(rate);
    rows.push_back(std::move(row));
  }

  const std::vector<GroupRecord>& records_;
  const LeafScores& leaves_;
  const std::map<std::string, GroupScores>& groups_;
};

/// Names that no group holds, in the order of their first tasks, which is the one that was asked
/// for.
std::vector<std::string> as_asked(const std::vector<GroupRecord>& groups,
                                  const std::vector<TaskRecord>& tasks,
                                  const std::set<std::string>& children) {
  std::map<std::string, std::size_t> places;
  for (std::size_t t = 0; t < tasks.size(); ++t) places[tasks[t].task] = t;
  const auto place_of = [&](const std::string& task) {
    const auto known = places.find(task);
    return known == places.end() ? tasks.size() : known->second;
  };
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const GroupRecord& group : groups) {
    if (children.contains(group.name)) continue;
    std::size_t first = tasks.size();
    for (const std::string& leaf : group.leaves) first = std::min(first, place_of(leaf));
    found.push_back({first, group.name});
  }
  for (const TaskRecord& task : tasks)
    if (!children.contains(task.task)) found.push_back({place_of(task.task), task.task});
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
  std::vector<std::string> out;
  for (const auto& [place, name] : found) out.push_back(name);
  return out;
}

}  // namespace

std::vector<ReportRow> score_rows(const std::vector<GroupRecord>& group_records,
                                  const std::vector<TaskRecord>& tasks, const LeafScores& leaves,
                                  const std::map<std::string, GroupScores>& groups) {
  std::set<std::string> children;
  for (const GroupRecord& group : group_records)
    children.insert(group.children.begin(), group.children.end());
  RowLayout layout(group_records, leaves, groups);
  for (const std::string& name : as_asked(group_records, tasks, children)) layout.add(name, 0);
  return std::move(layout.rows);
}

}  // namespace flm
