#include "reports/track/point_figures.h"

#include <algorithm>
#include <cstring>

#include "reports/scores/remembered_stderr.h"
#include "reports/scores/score_rows.h"
#include "reports/store/run_parts.h"

namespace flm {
namespace {

/// Equal bits: NaN equals itself, 0 and -0 differ.
bool same_bits(const SampleRecord& a, const SampleRecord& b) {
  if (a.status != b.status || a.values.size() != b.values.size()) return false;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const auto& [name_a, values_a] = a.values[i];
    const auto& [name_b, values_b] = b.values[i];
    if (name_a != name_b || values_a.size() != values_b.size()) return false;
    if (!values_a.empty() &&
        std::memcmp(values_a.data(), values_b.data(), values_a.size() * sizeof(double)) != 0)
      return false;
  }
  return true;
}

/// "" where all that both have is equal.
std::string difference_of(const std::vector<SampleRecord>& a, const std::vector<SampleRecord>& b) {
  std::size_t differ = 0;
  std::string first;
  std::map<std::pair<int, std::int64_t>, const SampleRecord*> in_a;
  for (const SampleRecord& sample : a) in_a[{sample.filter_index, sample.doc_id}] = &sample;
  for (const SampleRecord& sample : b) {
    const auto found = in_a.find({sample.filter_index, sample.doc_id});
    if (found == in_a.end() || same_bits(*found->second, sample)) continue;
    if (differ++ == 0) first = std::to_string(sample.doc_id);
  }
  if (differ == 0) return "";
  return std::to_string(differ) + " values differ, document " + first + " the first";
}

class Reading {
 public:
  Reading(Store& store, const std::string& checkpoint,
          const std::map<std::string, std::string>& wanted, ItemIds& ids,
          std::vector<std::string>& warnings)
      : store_(store), checkpoint_(checkpoint), wanted_(wanted), ids_(ids), warnings_(warnings) {}

  void add(const ScoredRun& scored) {
    for (GroupRecord& group : groups_part(scored.run)) {
      const bool there = std::any_of(out_.groups.begin(), out_.groups.end(),
                                     [&](const GroupRecord& g) { return g.name == group.name; });
      if (!there) out_.groups.push_back(std::move(group));
    }
    for (const TaskRecord& task : scored.tasks) add(scored.run, task);
  }

  PointFigures finish() {
    for (const GroupRecord& group : out_.groups)
      out_.group_scores[group.name] = score_group(group, out_.leaves);
    out_.rows = score_rows(out_.groups, tasks_, out_.leaves, out_.group_scores);
    for (const auto& [name, leaf] : out_.leaves) out_.left_out.erase(name);
    return std::move(out_);
  }

 private:
  void add(const RunRecord& run, const TaskRecord& task) {
    const auto wanted = wanted_.find(task.task);
    if (wanted != wanted_.end() && wanted->second != task_identity(task)) {
      out_.left_out[task.task] = "other data or another definition of the task";
      return;
    }
    std::vector<SampleRecord> samples = store_.sample_values(run.id, task.task);
    if (const auto seen = samples_.find(task.task); seen != samples_.end()) {
      const std::string difference = difference_of(seen->second, samples);
      if (!difference.empty())
        warnings_.push_back("two runs of " + checkpoint_ + " differ in " + task.task +
                            " though nothing that determines them does: " + difference +
                            "; the newer one is shown");
      return;
    }
    TaskScores scores =
        score_task(task, samples, [&](const std::string& name, const ItemValues& items) {
          return remembered_stderr(store_, name, items, kBootstrapIterations);
        });
    if (!scores.complete) {
      out_.left_out[task.task] = std::to_string(samples.size()) + " of " +
                                 std::to_string(task.docs_chosen) + " items are done";
      return;
    }
    std::vector<ItemId>& ids = out_.ids[task.task];
    for (const SampleRecord& sample : samples) ids.push_back(ids_.of(sample));
    out_.leaves[task.task] = std::move(scores);
    tasks_.push_back(task);
    samples_[task.task] = std::move(samples);
  }

  Store& store_;
  const std::string& checkpoint_;
  const std::map<std::string, std::string>& wanted_;
  ItemIds& ids_;
  std::vector<std::string>& warnings_;
  std::vector<TaskRecord> tasks_;
  std::map<std::string, std::vector<SampleRecord>> samples_;
  PointFigures out_;
};

}  // namespace

std::string task_identity(const TaskRecord& task) {
  return task.spec_hash + " " + task.data_hash + " " + std::to_string(task.docs_chosen);
}

ScoredPoints scored_points(Store& store, const std::map<std::string, RunRecord>& runs,
                           const std::vector<TrackedPoint>& points) {
  ScoredPoints out;
  std::map<std::string, std::pair<std::string, std::string>> newest;  // task: (created, run id)
  for (const TrackedPoint& point : points) {
    std::vector<ScoredRun>& of_point = out.runs.emplace_back();
    for (const std::string& id : point.runs) {
      ScoredRun scored{runs.at(id), store.tasks(id)};
      for (TaskRecord& task : scored.tasks) {
        task.config_json.clear();
        auto& last = newest[task.task];
        if (std::pair(scored.run.created, id) < last) continue;
        last = {scored.run.created, id};
        out.wanted[task.task] = task_identity(task);
      }
      of_point.push_back(std::move(scored));
    }
  }
  return out;
}

PointFigures read_figures(Store& store, const std::string& checkpoint,
                          const std::vector<ScoredRun>& runs,
                          const std::map<std::string, std::string>& wanted, ItemIds& ids,
                          std::vector<std::string>& warnings) {
  Reading reading(store, checkpoint, wanted, ids, warnings);
  for (const ScoredRun& run : runs) reading.add(run);
  return reading.finish();
}

}  // namespace flm
