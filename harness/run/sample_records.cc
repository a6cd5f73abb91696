#include "harness/run/sample_records.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/sha256.h"

namespace flm {
namespace {

/// The metric of our BPB tasks carries the protocol in its name.
std::string full_metric_name(const PlannedTask& task, const std::string& metric) {
  return metric == "bpb" && task.bpb ? task.bpb->metric_name() : metric;
}

std::vector<std::string> filter_names(const Task& task) {
  std::vector<std::string> names;
  for (const MetricInfo& info : task.metrics()) {
    if (std::find(names.begin(), names.end(), info.filter) == names.end())
      names.push_back(info.filter);
  }
  return names;
}

/// Share of the item's generated texts that the limit ended; null where nobody knows.
std::optional<double> cut_answers(const PlannedItem& item) {
  std::size_t texts = 0;
  int cut = 0;
  for (const RequestAnswer& answer : item.answers) {
    if (!answer.cut) return std::nullopt;
    texts += answer.texts.size();
    cut += *answer.cut;
  }
  return texts > 0 ? std::optional(cut / static_cast<double>(texts)) : std::nullopt;
}

/// [[arg_0, arg_1], ...] as lm-evaluation-harness logs arguments.
std::string arguments_of(const TaskItem& item) {
  Json arguments = Json::array();
  for (const TaskRequest& request : item.requests) {
    Json one = Json::array({request.context});
    if (request.kind == RequestKind::kLoglikelihood) one.push_back(request.continuation);
    if (request.kind == RequestKind::kGenerate)
      one.push_back(parse_json(request.generation.as_json, "generation options"));
    arguments.push_back(std::move(one));
  }
  return compact_json(arguments);
}

/// Responses with every leaf a string, as lm-evaluation-harness logs them.
std::string responses_of(const PlannedItem& item) {
  Json responses = Json::array();
  for (std::size_t r = 0; r < item.item.requests.size(); ++r) {
    const RequestAnswer& answer = item.answers[r];
    Json one = Json::array();
    switch (item.item.requests[r].kind) {
      case RequestKind::kLoglikelihood:
        one.push_back(
            Json::array({python_float_repr(answer.logprob), answer.is_greedy ? "True" : "False"}));
        break;
      case RequestKind::kRolling:
        one.push_back(python_float_repr(answer.logprob));
        break;
      case RequestKind::kGenerate:
        for (const std::string& text : answer.texts) one.push_back(text);
        break;
    }
    responses.push_back(std::move(one));
  }
  return compact_json(responses);
}

SampleRecord blank_record(const PlannedTask& task, const PlannedItem& item) {
  SampleRecord record;
  record.task = task.task->name();
  record.doc_id = item.item.doc_id;
  record.status = item.status;
  record.message = item.message;
  record.doc_json = item.item.doc_json;
  record.target = item.item.target;
  record.arguments_json = arguments_of(item.item);
  record.doc_hash = item.item.doc_hash;
  record.prompt_hash = item.item.prompt_hash;
  record.target_hash = item.item.target_hash;
  record.cluster = item.item.cluster;
  return record;
}

std::string document_name(const PlannedTask& task, const PlannedItem& item) {
  return "task " + task.task->name() + " document " + std::to_string(item.item.doc_id);
}

/// Log-likelihoods of another engine may be none: NaN, or above 0. One choice may have the
/// probability 0, a logarithm of -inf; where all have it nothing was answered.
std::string why_no_answer(const PlannedItem& item) {
  std::size_t asked = 0, impossible = 0;
  for (std::size_t r = 0; r < item.item.requests.size(); ++r) {
    if (item.item.requests[r].kind == RequestKind::kGenerate) continue;
    const double logprob = item.answers[r].logprob;
    if (std::isnan(logprob) || logprob > 0) {
      return "no answer: the log-probability of request " + std::to_string(r) +
             " is not a number up to 0: " + python_float_repr(logprob);
    }
    ++asked;
    impossible += std::isinf(logprob);
  }
  if (asked == 0 || impossible < asked) return "";
  return asked == 1 ? "no answer: the log-probability of the text is -inf"
                    : "no answer: every log-probability is -inf";
}

/// Of an item that was not scored; what it answered, if anything, stays for another look.
std::vector<SampleRecord> unscored(const PlannedTask& task, const PlannedItem& item,
                                   const std::string& status, const std::string& message,
                                   const std::string& responses) {
  std::vector<SampleRecord> records;
  for (const std::string& filter : filter_names(*task.task)) {
    SampleRecord record = blank_record(task, item);
    record.status = status;
    record.message = message;
    record.resps_json = responses;
    record.filter = filter;
    record.filter_index = static_cast<int>(records.size());
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace

TaskRecord make_task_record(const PlannedTask& planned) {
  const Task& task = *planned.task;
  TaskRecord record;
  record.task = task.name();
  record.alias = task.alias();
  record.version_json = task.version();
  record.config_json = task.config_json();
  record.output_type = task.output_type();
  record.num_fewshot = task.num_fewshot();
  record.docs_total = task.doc_count();
  record.docs_chosen = static_cast<std::int64_t>(planned.items.size());
  record.data_hash = task.data_hash();
  record.spec_hash = task.spec_hash();
  record.builtin_sample = task.builtin_sample();
  Sha256 prompts;
  for (const PlannedItem& item : planned.items) prompts.update(item.item.prompt_hash);
  record.prompts_hash = prompts.hex();
  for (const MetricInfo& info : task.metrics()) {
    record.metrics.push_back({info.filter, full_metric_name(planned, info.metric), info.aggregation,
                              info.higher_is_better, info.beside});
  }
  if (task.output_type() == "generate_until")
    for (const std::string& filter : filter_names(task))
      record.metrics.push_back({filter, kCutAnswers, "mean", false, true});
  return record;
}

std::vector<SampleRecord> make_sample_records(const PlannedTask& task, const PlannedItem& item) {
  if (item.status != "ok") return unscored(task, item, item.status, item.message, "");
  const std::string responses = responses_of(item);
  if (const std::string why = why_no_answer(item); !why.empty())
    return unscored(task, item, "error", document_name(task, item) + ": " + why, responses);
  std::vector<ItemScore> scores;
  try {
    scores = task.task->score(item.item, item.answers);
  } catch (const UserError& error) {
    return unscored(task, item, "error", error.what(), responses);
  }
  const std::vector<std::string> filters = filter_names(*task.task);
  std::vector<SampleRecord> records;
  for (const ItemScore& score : scores) {
    SampleRecord record = blank_record(task, item);
    const auto at = std::find(filters.begin(), filters.end(), score.filter);
    FLM_CHECK(at != filters.end(), "a filter that the task does not list: " + score.filter);
    record.filter = score.filter;
    record.filter_index = static_cast<int>(at - filters.begin());
    record.resps_json = responses;
    record.filtered_json = score.filtered_json;
    record.reference = score.reference;
    record.message = score.verdicts_json;
    if (!item.item.remark.empty())
      record.status = "unanswerable", record.message = item.item.remark;
    for (const auto& [metric, values] : score.metrics)
      record.values.emplace_back(full_metric_name(task, metric), values);
    if (const auto cut = cut_answers(item))
      record.values.emplace_back(kCutAnswers, std::vector{*cut});
    if (score.choices > 0)
      record.values.emplace_back(kChoiceCounts,
                                 std::vector{static_cast<double>(score.choices),
                                             static_cast<double>(score.right_choices)});
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<GroupRecord> make_group_records(const RunPlan& plan) {
  std::vector<GroupRecord> records;
  for (const TaskGroup& group : plan.selection.groups) {
    GroupRecord record{group.name, group.alias, group.version, group.children, group.leaves,
                       {},         {}};
    for (const BpbMixture& m : group.mixtures)
      record.mixtures.push_back({m.name, m.source, m.weights});
    for (const GroupMetric& metric : group.metrics) {
      std::string name = metric.metric;
      for (const PlannedTask& task : plan.tasks) {
        const bool member = std::find(group.leaves.begin(), group.leaves.end(),
                                      task.task->name()) != group.leaves.end();
        if (member) name = full_metric_name(task, metric.metric);
      }
      record.metrics.push_back({name, metric.filters, metric.weight_by_size});
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace flm
