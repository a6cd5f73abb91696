#include "reports/compare/load_stored_run.h"

#include <map>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/parallel_loop.h"
#include "reports/compare/logs/digest.h"
#include "reports/compare/logs/json_part.h"
#include "reports/compare/logs/logged_metrics.h"
#include "reports/compare/logs/sample_line.h"
#include "reports/store/choice_requests.h"
#include "reports/store/right_choice.h"
#include "reports/store/run_parts.h"
#include "reports/store/sample_parts.h"

namespace flm {
namespace {

/// The first number of a metric's values.
std::optional<double> value_of(const SampleRecord& sample, const std::string& metric) {
  const std::vector<double>* values = sample.values_of(metric);
  return values && values->size() == 1 ? std::optional(values->front()) : std::nullopt;
}

RightAnswer right_answer(const SampleRecord& sample) {
  RightAnswer out{sample.target, value_of(sample, "acc")};
  if (const auto margin = value_of(sample, "gold_margin")) out.gold_margin = *margin;
  return out;
}

/// Samples under the first filter, which stand for the items.
class StoredTexts : public ItemTexts {
 public:
  StoredTexts(std::shared_ptr<Store> store, std::string run)
      : store_(std::move(store)), run_(std::move(run)) {}

  std::vector<ItemText> texts(const std::string& task,
                              const std::vector<std::size_t>& items) override {
    if (task != task_ || samples_.empty()) {
      task_ = task;
      samples_ = store_->samples(run_, task);
    }
    std::vector<ItemText> out(items.size());
    parallel_loop(items.size(), [&](std::size_t i) { out[i] = readable(samples_.at(items[i])); });
    return out;
  }

 private:
  static ItemText readable(const SampleRecord& sample) {
    ItemText out = item_text(of_choices(asks_twice(sample), sample_arguments(sample)),
                             of_choices(asks_twice(sample), sample_responses(sample)),
                             sample_filtered(sample), right_answer(sample));
    out.unconditional =
        log_likelihoods_of(without_prompt(asks_twice(sample), sample_responses(sample)));
    out.doc_id = sample.doc_id;
    return out;
  }

  std::shared_ptr<Store> store_;
  std::string run_;
  std::string task_;  // whose samples are here: views go through tasks one after another
  std::vector<SampleRecord> samples_;
};

std::string definition(const Json& config, const char* list, const char* name,
                       const std::string& wanted) {
  for (const Json& entry : part(config, list))
    if (part(entry, name) == wanted) return entry.dump();
  return "";
}

LoggedItem item_of(const SampleRecord& sample) {
  LoggedItem item;
  item.document = digest_of_hex(sample.doc_hash);
  item.target = digest_of_hex(sample.target_hash);
  item.prompt = digest_of_hex(sample.prompt_hash);
  item.doc_id = sample.doc_id;
  if (sample.cluster != sample.task) item.cluster = sample.cluster;  // the task alone is no cluster
  if (!sample.scored())
    item.problem = sample.status + (sample.message.empty() ? "" : ": " + sample.message);
  const Json responses = sample_responses(sample);
  const std::vector<double> values = log_likelihoods_of(of_choices(asks_twice(sample), responses));
  const RightAnswer right = right_answer(sample);
  item.margin = right_margin({values, {}, right.target, right.acc, right.gold_margin});
  item.size = size_of(log_likelihoods_of(responses));
  return item;
}

void fill_items(LoggedTask& task, const std::vector<SampleRecord>& samples) {
  std::map<std::int64_t, std::size_t> index;
  for (const SampleRecord& sample : samples) {
    const auto [place, added] = index.try_emplace(sample.doc_id, task.items.size());
    if (added) task.items.push_back(item_of(sample));
    for (LoggedMetric& metric : task.metrics) {
      metric.values.resize(task.items.size());
      if (metric.filter != sample.filter || !sample.scored()) continue;
      if (const std::vector<double>* values = sample.values_of(metric.metric))
        metric.values[place->second] = *values;
    }
  }
  for (LoggedMetric& metric : task.metrics) metric.values.resize(task.items.size());
  task.has_samples = !task.items.empty();
}

LoggedTask task_of(Store& store, const std::string& run, const TaskRecord& record) {
  LoggedTask task;
  task.name = record.task;
  task.alias = record.alias;
  task.version_json = record.version_json.empty() ? "null" : record.version_json;
  task.config = std::make_shared<const Json>(
      record.config_json.empty() ? Json() : parse_json(record.config_json, record.task));
  task.num_fewshot = record.num_fewshot;
  task.documents = record.docs_total;
  task.chosen = record.docs_chosen;
  task.spec_hash = record.spec_hash;
  task.data_hash = record.data_hash;
  task.builtin_sample = record.builtin_sample;
  for (const MetricRecord& metric : record.metrics) {
    LoggedMetric logged{
        metric.metric, metric.filter, metric.aggregation, metric.higher_is_better, "", "", {}, {},
        true,          metric.beside};
    logged.metric_json =
        definition(*task.config, "metric_list", "metric", name_in_task_file(metric.metric));
    logged.filter_json = definition(*task.config, "filter_list", "name", metric.filter);
    task.metrics.push_back(std::move(logged));
  }
  fill_items(task, store.sample_answers(run, record.task));
  task.has_requests = false;
  if (task.chosen > static_cast<std::int64_t>(task.items.size()))
    task.notes.push_back(std::to_string(task.items.size()) + " of " + std::to_string(task.chosen) +
                         " items are done in " + run);
  return task;
}

/// Requests are texts: they are read only where nothing else proves that they are equal.
void fill_requests(LoggedTask& task, Store& store, const std::string& run) {
  std::size_t next = 0;
  for (const SampleRecord& sample : store.samples(run, task.name)) {
    if (next == task.items.size()) break;  // the first filter's come first
    task.items[next++].requests = digest_of_requests(sample_arguments(sample));
  }
  task.has_requests = true;
}

Json protocol_of(const Json& options) {
  const Json& settings = part(options, "settings");
  Json out;
  for (const char* key :
       {"system_instruction", "chat_template", "chat_template_args", "fewshot_as_multiturn",
        "gen_kwargs", "limit", "max_length", "add_bos", "over_long"})
    out[key] = part(settings, key);
  out["fewshot_seed"] = part(settings, "seed");
  return out;
}

/// What the group file does not name is weighed as the first that it does; ours beside the task
/// files' by size, as in a run's report.
std::vector<LoggedGroup> groups_of(const RunRecord& run, const std::vector<LoggedTask>& tasks) {
  std::vector<LoggedGroup> out;
  for (const GroupRecord& group : groups_part(run)) {
    const bool by_size = group.metrics.empty() || group.metrics.front().weight_by_size;
    out.push_back({group.name, group.alias, group.children, !group.metrics.empty(), by_size});
    std::vector<LoggedWeight>& weights = out.back().weights;
    for (const GroupMetricRecord& metric : group.metrics)
      weights.push_back({metric.metric, metric.filters, metric.weight_by_size});
    for (const LoggedTask& task : tasks)
      for (const LoggedMetric& metric : task.metrics)
        if (metric.beside) weights.push_back({metric.metric, {metric.filter}, true});
  }
  return out;
}

}  // namespace

LoggedRun load_stored_run(std::shared_ptr<Store> store, const std::string& run_id) {
  const RunRecord record = store->find_run(run_id);
  const Json engine = engine_part(record);
  LoggedRun run;
  run.about.name = record.name;
  run.about.model = record.model;
  run.about.date = record.created.substr(0, 10);
  run.about.origin = record.id;
  run.about.weights_hash = record.weights_hash;
  run.about.numerics = record.numerics;
  run.about.texts = std::make_shared<StoredTexts>(store, record.id);
  if (record.status != "done")
    run.about.notes.push_back("the run " + record.id + " is " + record.status);
  run.tokenizer_hash = record.tokenizer_hash;
  if (const Json& hash = part(engine, "config_hash"); hash.is_string())
    run.model_hash = hash.get<std::string>();
  if (const Json& rounding = part(engine, "rounding"); rounding.is_number())
    run.rounding = rounding.get<double>();
  run.protocol = std::make_shared<const Json>(protocol_of(options_part(record)));
  for (const TaskRecord& task : store->tasks(record.id)) {
    run.tasks.push_back(task_of(*store, record.id, task));
    run.tasks.back().fill_requests = [store, id = record.id](LoggedTask& of) {
      fill_requests(of, *store, id);
    };
  }
  run.groups = groups_of(record, run.tasks);
  return run;
}

}  // namespace flm
