// The scores of one task from its samples.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reports/report.h"
#include "reports/statistics/aggregates/aggregate.h"
#include "reports/store/record.h"

namespace flm {

/// A metric under one filter, with the values it was made of (groups need them again).
struct ScoredMetric {
  MetricRecord metric;
  Score score;
  ItemValues items;
  std::vector<std::string> clusters;
  std::vector<double> cut = {};  // [items] share of its answers that were cut; empty: unknown
  std::vector<std::size_t> samples = {};  // [items] index of its sample
};

struct TaskScores {
  TaskRecord task;
  std::int64_t n = 0;                    // documents scored
  std::int64_t flagged = 0, failed = 0;  // documents that were not
  bool complete = false;                 // every chosen document has its samples
  std::vector<ScoredMetric> metrics;
  ChoiceCounts choices;
  std::string longest;    // what the longest flagged document needs; "" where none is flagged
  std::string failure;    // why the first failed document failed; "" where none did
  std::string task_hash;  // lm-evaluation-harness's; "" while incomplete
  std::vector<std::string> notes;

  /// Null where the task has no such metric under that filter.
  const ScoredMetric* find(const std::string& metric, const std::string& filter) const;
};

/// Of two messages of over-long items ("needs 3107 model inputs, ...") that of the longer one.
std::string longer_of(const std::string& a, const std::string& b);

/// Standard error of an aggregation over items; null: N/A.
using StandardErrors =
    std::function<std::optional<double>(const std::string& aggregation, const ItemValues& items)>;

/// Of which scores the 95% interval is made: many of a list of runs are never looked at.
enum class Intervals {
  kAll,
  kForDigits  // where no standard error says how many digits a value has
};

TaskScores score_task(const TaskRecord& task, const std::vector<SampleRecord>& samples,
                      const StandardErrors& standard_errors, Intervals intervals = Intervals::kAll);

/// Of metrics whose error is bootstrapped: it is made when the run is done.
void say_that_bootstraps_wait(TaskScores& task);

}  // namespace flm
