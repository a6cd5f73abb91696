#include "reports/scores/task_scores.h"

#include <algorithm>
#include <cmath>
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

}  // namespace

std::string longer_of(const std::string& a, const std::string& b) {
  return first_number(b) > first_number(a) ? b : a;
}

namespace {

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
    if (over_long) out.flag_message = longer_of(out.flag_message, sample.message);
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
  if (out.flagged > 0)
    reason = std::to_string(out.flagged) + " of " + std::to_string(chosen) +
             " prompts exceed the context";
  if (out.failed > 0)
    reason += (reason.empty() ? "" : ", ") + of_items(out.failed, chosen, "failed");
  return reason + " (more than 1%)";
}

void collect(ScoredMetric& out, const std::vector<SampleRecord>& samples) {
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const SampleRecord& sample = samples[i];
    if (!sample.scored() || sample.filter != out.metric.filter) continue;
    const std::vector<double>* values = sample.values_of(out.metric.metric);
    if (!values) continue;
    out.items.push_back(*values);
    out.samples.push_back(i);
    out.clusters.push_back(sample.cluster);
    const std::vector<double>* cut = sample.values_of(kCutAnswers);
    if (cut && !cut->empty()) out.cut.push_back(cut->front());
  }
  if (out.cut.size() < out.items.size()) out.cut.clear();  // not known of all
}

/// A metric that is a mean of item values of which 0 is the worst; an item with several answers
/// must be cut in all or none of them, for nobody knows what one of them is worth.
std::optional<double> value_if_cut_wrong(const ScoredMetric& scored) {
  if (scored.metric.aggregation != "mean" || !scored.metric.higher_is_better) return std::nullopt;
  ItemValues items = scored.items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (scored.cut[i] == 0) continue;
    if (scored.cut[i] < 1) return std::nullopt;
    items[i] = {0};
  }
  return aggregate(scored.metric.aggregation, items);
}

/// What cut answers do to a score: it is censored, not wrong.
void add_cut(ScoredMetric& out) {
  ItemValues ended;
  for (std::size_t i = 0; i < out.cut.size(); ++i)
    if (out.cut[i] == 0) ended.push_back(out.items[i]);
  if (ended.size() == out.cut.size() || out.metric.beside) return;
  out.score.cut = 1 - static_cast<double>(ended.size()) / static_cast<double>(out.cut.size());
  out.score.if_cut_wrong = value_if_cut_wrong(out);
  if (!ended.empty()) out.score.of_ended = aggregate(out.metric.aggregation, ended);
}

/// Why the items of a metric give no figure.
std::string reason_of_none(const ScoredMetric& of) {
  if (of.items.empty()) return "no values";
  const auto without = std::count_if(of.items.begin(), of.items.end(), [](const auto& values) {
    return std::any_of(values.begin(), values.end(), [](double v) { return !std::isfinite(v); });
  });
  if (without > 0)
    return std::to_string(without) + " of " + std::to_string(of.items.size()) +
           " items have no finite value";
  return "the aggregation " + of.metric.aggregation + " gives no finite number or is not known";
}

void estimate(ScoredMetric& out, const StandardErrors& standard_errors, Intervals intervals) {
  Score& score = out.score;
  const std::string& aggregation = out.metric.aggregation;
  score.value = aggregate(aggregation, out.items);
  if (!score.value) {
    score.reason = reason_of_none(out);
    return;
  }
  add_cut(out);
  score.stderr_value = standard_errors(aggregation, out.items);
  if (!score.stderr_value)
    score.error_reason = out.items.size() == 1 ? "one item has no error"
                                               : "no standard error is defined for " + aggregation;
  if (intervals == Intervals::kForDigits && score.stderr_value.value_or(0) > 0) return;
  const auto interval =
      aggregate_interval(aggregation, out.items, out.clusters, score.stderr_value);
  if (!interval) return;
  score.low = interval->low;
  score.high = interval->high;
  score.interval = interval->name;
}

/// Unknown as soon as one scored item does not say it: a run of an older version, or a task whose
/// file scores by a function of its own.
ChoiceCounts choice_counts(const std::vector<SampleRecord>& samples) {
  ChoiceCounts out;
  double chances = 0;
  std::int64_t items = 0;
  for (const SampleRecord& sample : samples) {
    if (!sample.scored() || sample.filter_index != 0) continue;
    const std::vector<double>* counts = sample.values_of(kChoiceCounts);
    if (!counts || counts->size() != 2 || !(counts->at(0) >= 1)) return {};
    const auto choices = static_cast<std::int64_t>(counts->at(0));
    out.fewest = items == 0 ? choices : std::min(out.fewest, choices);
    out.most = std::max(out.most, choices);
    chances += counts->at(1) / counts->at(0);
    ++items;
  }
  if (items > 0) out.chance = chances / static_cast<double>(items);
  return out;
}

std::int64_t count_cut(const std::vector<SampleRecord>& samples) {
  std::set<std::int64_t> cut;
  for (const SampleRecord& sample : samples) {
    const std::vector<double>* share = sample.values_of(kCutAnswers);
    if (share && !share->empty() && share->front() > 0) cut.insert(sample.doc_id);
  }
  return static_cast<std::int64_t>(cut.size());
}

void add_notes(TaskScores& out, const Documents& documents,
               const std::vector<SampleRecord>& samples) {
  const std::string name = out.task.task + ": ";
  const std::int64_t seen = static_cast<std::int64_t>(documents.all.size());
  if (out.flagged > 0) {
    out.notes.push_back(name + std::to_string(out.flagged) + " of " + std::to_string(seen) +
                        " prompts exceed the context and are not scored; the longest " +
                        documents.flag_message);
  }
  if (out.failed > 0)
    out.notes.push_back(name + of_items(out.failed, seen, "failed; the first: ") +
                        documents.fail_message);
  if (const std::int64_t cut = count_cut(samples); cut > 0) {
    out.notes.push_back(
        name + of_items(cut, seen,
                        "have answers that the limit on new tokens cut; "
                        "they count as they are. A higher limit goes on from them: --gen-kwargs "
                        "max_gen_toks=N"));
  }
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
                      const StandardErrors& standard_errors, Intervals intervals) {
  const Documents documents = count_documents(samples);
  TaskScores out;
  out.task = task;
  out.flagged = static_cast<std::int64_t>(documents.flagged.size());
  out.failed = static_cast<std::int64_t>(documents.failed.size());
  out.n = static_cast<std::int64_t>(documents.all.size()) - out.flagged - out.failed;
  out.longest = documents.flag_message;
  out.failure = documents.fail_message;
  out.complete = static_cast<std::int64_t>(documents.all.size()) >= task.docs_chosen;
  if (out.complete) out.task_hash = hash_of(samples);
  out.choices = choice_counts(samples);
  add_notes(out, documents, samples);
  const std::string reason = missing_reason(out);
  for (const MetricRecord& metric : task.metrics) {
    ScoredMetric scored{metric, {}, {}, {}};
    scored.score.metric = metric.metric;
    scored.score.filter = metric.filter;
    scored.score.higher_is_better = metric.higher_is_better;
    scored.score.beside = metric.beside;
    scored.score.reason = reason;
    collect(scored, samples);
    if (metric.metric == kCutAnswers && scored.items.empty()) continue;  // a log does not say
    scored.score.n = static_cast<std::int64_t>(scored.items.size());
    if (reason.empty()) estimate(scored, standard_errors, intervals);
    out.metrics.push_back(std::move(scored));
  }
  return out;
}

void say_that_bootstraps_wait(TaskScores& task) {
  for (ScoredMetric& scored : task.metrics)
    if (scored.score.value && scored.items.size() > 1 && is_bootstrapped(scored.metric.aggregation))
      scored.score.error_reason = "it is bootstrapped when the run is done";
}

}  // namespace flm
