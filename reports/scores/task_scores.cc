#include "reports/scores/task_scores.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/sha256.h"

namespace flm {
namespace {

/// Documents by their fate. A document is counted once, however many filters it went through.
struct Documents {
  std::set<std::int64_t> all, flagged, failed, unanswerable;
  std::string flag_message, fail_message, unanswerable_message;  // of the longest, of the first
};

/// The first number in a message: a length, where the message is of an over-long item.
long long first_number(const std::string& message) {
  const std::size_t at = message.find_first_of("0123456789");
  return at == std::string::npos ? 0 : std::strtoll(message.c_str() + at, nullptr, 10);
}

Documents count_documents(const std::vector<SampleRecord>& samples) {
  Documents out;
  for (const SampleRecord& sample : samples) {
    out.all.insert(sample.doc_id);
    if (sample.status == "unanswerable") {
      out.unanswerable.insert(sample.doc_id);
      if (out.unanswerable_message.empty())
        out.unanswerable_message =
            "document " + std::to_string(sample.doc_id) + ": " + sample.message;
    }
    if (sample.scored()) continue;
    const bool over_long = sample.status == "over_long";
    (over_long ? out.flagged : out.failed).insert(sample.doc_id);
    if (over_long && first_number(sample.message) > first_number(out.flag_message))
      out.flag_message = sample.message;
    if (!over_long && out.fail_message.empty()) out.fail_message = sample.message;
  }
  return out;
}

std::string of_items(std::int64_t count, std::int64_t all, const std::string& what) {
  return std::to_string(count) + " of " + std::to_string(all) + " items " + what;
}

/// Filters have a fixed number of documents; the log has them filter by filter.
std::string hash_of(const std::vector<SampleRecord>& samples) {
  Sha256 hash;
  for (const SampleRecord& s : samples)
    hash.update(s.doc_hash).update(s.prompt_hash).update(s.target_hash);
  return hash.hex();
}

/// Why the whole task has no score; "" if it has one.
std::string missing_reason(const TaskScores& out) {
  if (out.n + out.flagged + out.failed == 0) return "no items yet";
  const std::int64_t chosen = std::max(out.task.docs_chosen, out.n + out.flagged + out.failed);
  if (100 * (out.flagged + out.failed) <= chosen) return "";
  std::string reason;
  if (out.flagged > 0) reason = of_items(out.flagged, chosen, "are over-long");
  if (out.failed > 0)
    reason += (reason.empty() ? "" : ", ") + of_items(out.failed, chosen, "failed");
  return reason + " (more than 1%)";
}

void collect(ScoredMetric& out, const std::vector<SampleRecord>& samples) {
  for (const SampleRecord& sample : samples) {
    if (!sample.scored() || sample.filter != out.metric.filter) continue;
    for (const auto& [name, values] : sample.values) {
      if (name != out.metric.metric) continue;
      out.items.push_back(values);
      out.clusters.push_back(sample.cluster);
    }
  }
}

void estimate(ScoredMetric& out, const StandardErrors& standard_errors) {
  Score& score = out.score;
  const std::string& aggregation = out.metric.aggregation;
  score.value = aggregate(aggregation, out.items);
  if (!score.value) {
    score.reason = out.items.empty() ? "no values"
                                     : "the aggregation " + aggregation +
                                           " gives no finite number or is not known";
    return;
  }
  score.stderr_value = standard_errors(aggregation, out.items);
  const auto interval =
      aggregate_interval(aggregation, out.items, out.clusters, score.stderr_value);
  if (!interval) return;
  score.low = interval->low;
  score.high = interval->high;
  score.interval = interval->name;
}

void add_notes(TaskScores& out, const Documents& documents) {
  const std::string name = out.task.task + ": ";
  const std::int64_t seen = static_cast<std::int64_t>(documents.all.size());
  if (out.flagged > 0) {
    out.notes.push_back(name +
                        of_items(out.flagged, seen, "are over-long and not scored; the longest ") +
                        documents.flag_message);
  }
  if (out.failed > 0)
    out.notes.push_back(name + of_items(out.failed, seen, "failed; the first: ") +
                        documents.fail_message);
  if (!documents.unanswerable.empty()) {
    const auto count = static_cast<std::int64_t>(documents.unanswerable.size());
    out.notes.push_back(name +
                        of_items(count, seen, "cannot be answered right and count as wrong; ") +
                        "the first, " + documents.unanswerable_message);
  }
  if (!out.complete) out.notes.push_back(name + of_items(seen, out.task.docs_chosen, "are done"));
}

}  // namespace

const ScoredMetric* TaskScores::find(const std::string& metric, const std::string& filter) const {
  for (const ScoredMetric& scored : metrics)
    if (scored.metric.metric == metric && scored.metric.filter == filter) return &scored;
  return nullptr;
}

TaskScores score_task(const TaskRecord& task, const std::vector<SampleRecord>& samples,
                      const StandardErrors& standard_errors) {
  const Documents documents = count_documents(samples);
  TaskScores out;
  out.task = task;
  out.flagged = static_cast<std::int64_t>(documents.flagged.size());
  out.failed = static_cast<std::int64_t>(documents.failed.size());
  out.n = static_cast<std::int64_t>(documents.all.size()) - out.flagged - out.failed;
  out.complete = static_cast<std::int64_t>(documents.all.size()) >= task.docs_chosen;
  if (out.complete) out.task_hash = hash_of(samples);
  add_notes(out, documents);
  const std::string reason = missing_reason(out);
  for (const MetricRecord& metric : task.metrics) {
    ScoredMetric scored{metric, {}, {}, {}};
    scored.score.metric = metric.metric;
    scored.score.filter = metric.filter;
    scored.score.higher_is_better = metric.higher_is_better;
    scored.score.beside = metric.beside;
    scored.score.reason = reason;
    collect(scored, samples);
    scored.score.n = static_cast<std::int64_t>(scored.items.size());
    if (reason.empty()) estimate(scored, standard_errors);
    out.metrics.push_back(std::move(scored));
  }
  return out;
}

}  // namespace flm
