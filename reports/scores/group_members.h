// The members of a group that have a metric, and the score that they make together.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "reports/report.h"
#include "reports/scores/task_scores.h"

namespace flm {

using LeafScores = std::map<std::string, TaskScores>;
using Members = std::vector<const ScoredMetric*>;
/// The members' shares of the group's figure; one that the group counts twice has both.
using Shares = std::vector<std::pair<const ScoredMetric*, double>>;

/// Whose metrics count: those of the task files alone, or ours beside them too.
enum class Whose { kTaskFiles, kAll };

/// Metric and filter of the leaves, in the order they first come.
std::vector<std::pair<std::string, std::string>> metrics_below(const GroupRecord& group,
                                                               const LeafScores& leaves,
                                                               Whose whose);

/// Members that have a metric; `missing` says which have it without a final value.
Members members_of(const GroupRecord& group, const LeafScores& leaves, const std::string& metric,
                   const std::string& filter, Whose whose, std::string& missing);

/// Name, direction and number of items, nothing else.
Score blank_score(const std::string& metric, const std::string& filter, const Members& members);

/// The mean of the members, each by its items (`by_size`) or all alike, with its error as
/// lm-evaluation-harness has it and our interval; N/A with `missing` for a reason.
Score group_score(const std::string& metric, const std::string& filter, const Members& members,
                  bool by_size, const std::string& missing);

/// The tasks of a group are fixed and independent: their own items are what varies. A group of one
/// task has the task's interval.
void set_group_interval(Score& score, const Shares& shares);

/// Why the figure of these has no error; "" where it has one, or the reason is another.
std::string error_reason(const Members& members);

}  // namespace flm
