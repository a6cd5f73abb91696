#include "tasks/configurable_task.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/json.h"
#include "base/sha256.h"
#include "tasks/doc_renderer.h"
#include "tasks/fewshot.h"
#include "tasks/filters.h"
#include "tasks/generation_options.h"
#include "tasks/metrics.h"
#include "tasks/prompt.h"
#include "tasks/python_text.h"
#include "tasks/rendered.h"
#include "tasks/sandbox/code_judge.h"
#include "tasks/translation_statistics.h"

namespace flm {
namespace {

std::set<std::string> columns_of(const std::vector<Json>& rows) {
  std::set<std::string> columns;
  if (!rows.empty()) {
    for (const auto& [name, value] : rows[0].items()) columns.insert(name);
  }
  return columns;
}

const TextRule& either(const TextRule& own, const TextRule& general) {
  return own.set() ? own : general;
}

class ConfigurableTask : public Task {
 public:
  ConfigurableTask(TaskSpec spec, const DatasetCatalog& catalog, const TaskSettings& settings);

  const std::string& name() const override { return spec_.name; }
  const std::string& alias() const override { return spec_.alias; }
  std::string version() const override { return spec_.version_json; }
  std::string output_type() const override { return spec_.output_type; }
  int num_fewshot() const override { return shots_; }
  std::string config_json() const override { return spec_.config_json; }
  std::string spec_hash() const override { return sha256_hex(spec_.config_json); }
  std::string data_hash() const override { return data_hash_; }
  bool builtin_sample() const override { return docs_->builtin_sample; }
  std::optional<BpbProtocol> bpb() const override { return spec_.bpb; }
  bool runs_code() const override;
  std::int64_t doc_count() const override { return static_cast<std::int64_t>(docs_->rows.size()); }
  std::vector<MetricInfo> metrics() const override;
  std::vector<TaskItem> items(std::span<const std::int64_t> doc_ids) const override;
  std::vector<ItemScore> score(const TaskItem& item,
                               std::span<const RequestAnswer> answers) const override;

 private:
  void load(const DatasetCatalog& catalog);
  void load_pool(const DatasetCatalog& catalog);
  std::shared_ptr<const DatasetSplit> split(const DatasetCatalog& catalog, const std::string& name,
                                            const RowsFunction& process) const;
  Rendered render(const PyValue& document) const;
  Turn shot(std::size_t row, const std::string& gen_prefix) const;
  Turn turn(const Rendered& doc, std::size_t choice) const;
  TaskItem item(std::int64_t id, FewshotSampler& sampler) const;
  void add_requests(TaskItem& item, const Rendered& doc, const std::vector<Turn>& shots,
                    const std::string& system) const;
  std::string context(const std::string& system, const std::vector<Turn>& shots,
                      const Turn& last) const;
  std::string choice_delimiter(const std::string& gen_prefix) const;
  std::vector<double> value(const MetricSpec& metric, std::size_t index, const Rendered& doc,
                            const PyValue& filtered, std::span<const RequestAnswer> answers) const;
  MetricValues values_of_code(ItemScore& score, const MetricSpec& metric, const PyValue& target,
                              const PyValue& filtered) const;
  void add_values(ItemScore& score, const Rendered& doc, const PyValue& filtered,
                  std::span<const RequestAnswer> answers) const;
  double exact_match(std::size_t metric, const Rendered& doc, const PyValue& filtered) const;

  TaskSpec spec_;
  TaskSettings settings_;
  int shots_ = 0;
  bool multiple_targets_ = false;
  std::shared_ptr<const DatasetSplit> docs_, pool_split_;
  std::vector<Json> pool_;
  bool same_split_ = false;
  std::string data_hash_;
  std::optional<DocRenderer> renderer_, shot_renderer_;
  RenderRule description_, gen_prefix_, shot_prefix_, cluster_;
  std::vector<Filter> filters_;
  std::vector<ExactMatch> exact_;    // [metrics]
  std::vector<std::string> beside_;  // our own metrics that the task file does not name
  GenerationOptions generation_;
};

ConfigurableTask::ConfigurableTask(TaskSpec spec, const DatasetCatalog& catalog,
                                   const TaskSettings& settings)
    : spec_(std::move(spec)), settings_(settings) {
  shots_ = spec_.num_fewshot.value_or(0);
  // A task file that says 0 cannot be overridden (its prompt holds its own shots).
  if (settings_.num_fewshot && spec_.num_fewshot != 0) shots_ = *settings_.num_fewshot;
  load(catalog);
  const std::set<std::string> columns = columns_of(docs_->rows);
  renderer_.emplace(spec_.doc_to_text, spec_.doc_to_target, spec_.doc_to_choice, columns);
  const FewshotConfig& f = spec_.fewshot;
  shot_renderer_.emplace(either(f.doc_to_text, spec_.doc_to_text),
                         either(f.doc_to_target, spec_.doc_to_target),
                         either(f.doc_to_choice, spec_.doc_to_choice), columns_of(pool_));
  const auto rule = [&](const std::string& text, const std::string& key) {
    return RenderRule({TextRule::Kind::kText, text, {}, {}, spec_.folder + spec_.name + ": " + key},
                      columns);
  };
  description_ = rule(spec_.description, "description");
  cluster_ = rule(spec_.cluster, "cluster");
  gen_prefix_ = rule(spec_.gen_prefix, "gen_prefix");
  shot_prefix_ = rule(f.gen_prefix.value_or(spec_.gen_prefix), "gen_prefix");
  for (const FilterPipeline& pipeline : spec_.filters) filters_.emplace_back(pipeline);
  for (const MetricSpec& metric : spec_.metrics) exact_.emplace_back(metric);
  generation_ = generation_options(spec_);
  beside_ = metrics_beside(spec_);
  if (!docs_->rows.empty() && spec_.output_type != "loglikelihood_rolling") {
    multiple_targets_ = renderer_->target(PyValue::from_json(docs_->rows[0])).is_list();
  }
}

std::shared_ptr<const DatasetSplit> ConfigurableTask::split(const DatasetCatalog& catalog,
                                                            const std::string& name,
                                                            const RowsFunction& process) const {
  auto read = catalog.load(
      {spec_.dataset_path, spec_.dataset_name, spec_.dataset_kwargs_json, spec_.folder}, name);
  if (!process) return read;
  auto processed = std::make_shared<DatasetSplit>(*read);
  processed->rows = process(read->rows);
  return processed;
}

void ConfigurableTask::load(const DatasetCatalog& catalog) {
  docs_ = split(catalog, spec_.evaluated_split(), spec_.process_docs);
  data_hash_ = docs_->sha256;
  if (shots_ > 0) load_pool(catalog);
}

/// fewshot_config.split, fewshot_split, samples in the file, then train > validation > test.
void ConfigurableTask::load_pool(const DatasetCatalog& catalog) {
  std::string name = spec_.fewshot.split.empty() ? spec_.fewshot_split : spec_.fewshot.split;
  same_split_ =
      name ==
      spec_.test_split;  // both unset counts (the harness compares the settings, not the splits)
  if (name.empty() && spec_.fewshot.samples) {
    same_split_ = false;
    for (const PyValue& row : spec_.fewshot.samples->items()) pool_.push_back(row.to_json());
    return;
  }
  for (const std::string& next : {spec_.training_split, spec_.validation_split, spec_.test_split}) {
    if (name.empty()) name = next;
  }
  pool_split_ = split(catalog, name,
                      spec_.fewshot.process_docs ? spec_.fewshot.process_docs : spec_.process_docs);
  pool_ = pool_split_->rows;
  data_hash_ = sha256_hex(data_hash_ + pool_split_->sha256);
}

std::vector<MetricInfo> ConfigurableTask::metrics() const {
  std::vector<MetricInfo> infos;
  for (const Filter& filter : filters_) {
    for (const MetricSpec& m : spec_.metrics) {
      const std::vector<std::string> names =
          m.native ? m.native->names(m.arguments) : std::vector<std::string>{m.metric};
      for (const std::string& one : names)
        infos.push_back({filter.name(), one, m.aggregation, m.higher_is_better});
    }
    for (const std::string& name : beside_) {
      const MetricDefault rule = *metric_default(name);
      infos.push_back({filter.name(), name, rule.aggregation, rule.higher_is_better, true});
    }
  }
  return infos;
}

Rendered ConfigurableTask::render(const PyValue& document) const {
  Rendered doc;
  doc.target = renderer_->target(document);
  if (spec_.output_type != "loglikelihood_rolling") doc.text = renderer_->text(document);
  if (renderer_->has_choices()) doc.choices = renderer_->choices(document);
  doc.gen_prefix = gen_prefix_.value(document).str();
  doc.shot_prefix = shot_prefix_.value(document).str();
  return doc;
}

/// `gen_prefix` was rendered on the evaluated document, as in lm-evaluation-harness.
Turn ConfigurableTask::shot(std::size_t row, const std::string& gen_prefix) const {
  const PyValue document = PyValue::from_json(pool_[row]);
  const FewshotConfig& f = spec_.fewshot;
  Turn turn;
  turn.target_delimiter = f.target_delimiter.value_or(spec_.target_delimiter);
  turn.fewshot_delimiter = f.fewshot_delimiter.value_or(spec_.fewshot_delimiter);
  turn.gen_prefix = gen_prefix;
  const std::vector<std::string> choices = shot_renderer_->has_choices()
                                               ? shot_renderer_->choices(document)
                                               : std::vector<std::string>{};
  const PyValue text = shot_renderer_->text(document);
  turn.question =
      text.is_int() ? answer_text(text, choices) : text.str();  // multiple inputs: the gold choice
  turn.answer = answer_text(shot_renderer_->target(document), choices);
  return turn;
}

Turn ConfigurableTask::turn(const Rendered& doc, std::size_t choice) const {
  Turn turn;
  turn.target_delimiter = spec_.target_delimiter;
  turn.gen_prefix = doc.gen_prefix;
  turn.question =
      doc.text.is_int() && !doc.choices.empty() ? doc.choices.at(choice) : doc.text.str();
  return turn;
}

std::string ConfigurableTask::context(const std::string& system, const std::vector<Turn>& shots,
                                      const Turn& last) const {
  if (!settings_.chat.chat_template.empty())
    return chat_prompt(system, shots, last, settings_.chat);
  std::string text = system;
  for (const Turn& one : shots) text += shot_text(one);
  return text + question_text(last);
}

/// With a chat template the delimiter of choices goes, unless an open gen_prefix needs it.
std::string ConfigurableTask::choice_delimiter(const std::string& gen_prefix) const {
  if (settings_.chat.chat_template.empty()) return spec_.target_delimiter;
  const bool keep = !gen_prefix.empty() && python_rstrip(gen_prefix) == gen_prefix;
  return keep ? spec_.target_delimiter : "";
}

/// OpenCompass's perplexity mode: a choice is worth its whole text, prompt included.
void score_whole_texts(TaskItem& item) {
  for (TaskRequest& request : item.requests) {
    request.kind = RequestKind::kRolling;
    request.context += request.continuation;
    request.continuation.clear();
  }
}

void ConfigurableTask::add_requests(TaskItem& item, const Rendered& doc,
                                    const std::vector<Turn>& shots,
                                    const std::string& system) const {
  TaskRequest request;
  if (spec_.output_type == "loglikelihood_rolling") {
    request.kind = RequestKind::kRolling;
    request.context = doc.target.str();
    item.requests.push_back(std::move(request));
    return;
  }
  request.context = context(system, shots, turn(doc, 0));
  if (spec_.output_type == "generate_until") {
    request.kind = RequestKind::kGenerate;
    request.generation = generation_;
    request.repeats = spec_.repeats;
    item.requests.push_back(std::move(request));
    return;
  }
  if (spec_.output_type == "loglikelihood") {
    request.continuation = doc.target.str();
    item.requests.push_back(std::move(request));
    return;
  }
  const bool inputs = doc.text.is_int();
  for (std::size_t c = 0; c < doc.choices.size(); ++c) {
    if (inputs) request.context = context(system, shots, turn(doc, c));
    request.continuation =
        choice_delimiter(doc.gen_prefix) + (inputs ? doc.target.str() : doc.choices[c]);
    item.requests.push_back(request);
  }
  if (spec_.output_type == "perplexity_choice") score_whole_texts(item);
  for (const MetricSpec& metric : spec_.metrics) {
    if (metric.metric != "acc_mutual_info") continue;
    for (std::size_t c = 0; c < doc.choices.size(); ++c) {
      item.requests.push_back(item.requests[c]);
      item.requests.back().context.clear();
    }
  }
}

TaskItem ConfigurableTask::item(std::int64_t id, FewshotSampler& sampler) const {
  const Json& row = docs_->rows.at(static_cast<std::size_t>(id));
  const PyValue document = PyValue::from_json(row);
  TaskItem item;
  item.doc_id = id;
  try {
    const Rendered doc = render(document);
    std::vector<Turn> shots;
    if (spec_.output_type != "loglikelihood_rolling") {
      item.fewshot_ids = sampler.draw(row);
      for (std::int64_t s : item.fewshot_ids)
        shots.push_back(shot(static_cast<std::size_t>(s), doc.shot_prefix));
    }
    const std::string system = maybe_delimit(
        settings_.system_instruction, description_.value(document).str(), spec_.fewshot_delimiter);
    add_requests(item, doc, shots, system);
    item.target = doc.target.str();
  } catch (const UserError& error) {
    throw UserError("task " + spec_.name + " document " + std::to_string(id) + ": " + error.what());
  }
  item.doc_json = python_json_dumps(row, 2, false);
  item.doc_hash = sha256_hex(item.doc_json);
  item.prompt_hash = sha256_hex(item.requests.empty() ? "" : item.requests[0].context);
  item.target_hash = sha256_hex(item.target);
  item.cluster = spec_.name;
  if (!spec_.cluster.empty()) item.cluster += "/" + cluster_.value(document).str();
  return item;
}

std::vector<TaskItem> ConfigurableTask::items(std::span<const std::int64_t> doc_ids) const {
  FewshotRule rule{spec_.fewshot.sampler == "first_n", same_split_, shots_,
                   static_cast<std::int64_t>(settings_.seed)};
  FewshotSampler sampler(rule, pool_);
  std::vector<TaskItem> out;
  out.reserve(doc_ids.size());
  for (std::int64_t id : doc_ids) out.push_back(item(id, sampler));
  return out;
}

double ConfigurableTask::exact_match(std::size_t metric, const Rendered& doc,
                                     const PyValue& filtered) const {
  const std::string prediction = filtered.str();
  if (!doc.choices.empty() && !doc.target.is_list())
    return exact_[metric](prediction, answer_text(doc.target, doc.choices));
  if (!multiple_targets_) return exact_[metric](prediction, doc.target.str());
  if (!doc.target.is_list()) return exact_[metric](prediction, doc.target.str());
  for (const PyValue& alias : doc.target.items()) {
    if (exact_[metric](prediction, alias.str()) > 0) return 1.0;
  }
  return 0.0;
}

std::vector<double> ConfigurableTask::value(const MetricSpec& metric, std::size_t index,
                                            const Rendered& doc, const PyValue& filtered,
                                            std::span<const RequestAnswer> answers) const {
  if (metric.metric == "bypass") return {999};
  if (spec_.output_type == "multiple_choice" || spec_.output_type == "perplexity_choice")
    return multiple_choice_value(
        metric.metric, choice_answers(doc, answers, spec_.output_type == "perplexity_choice"));
  if (spec_.output_type == "loglikelihood_rolling")
    return rolling_value(metric.metric, doc.target.str(), answers[0]);
  if (spec_.output_type == "loglikelihood") {
    if (metric.metric == "perplexity") return {answers[0].logprob};
    if (metric.metric == "acc") return {answers[0].is_greedy ? 1.0 : 0.0};
    if (metric.metric == "likelihood") return {answers[0].logprob};
    if (metric.metric == "gold_bpb")
      return {bits_per_byte(answers[0].logprob, doc.target.str().size())};
  } else if (metric.metric == "exact_match") {
    return {exact_match(index, doc, filtered)};
  } else if (metric.metric == "bleu") {
    return bleu_statistics(filtered.str(), doc.target.str());
  } else if (metric.metric == "ter") {
    return ter_statistics(filtered.str(), doc.target.str());
  } else if (metric.metric == "chrf" || metric.metric == "chrf++") {
    const int words = metric.metric == "chrf" ? 0 : 2;
    return chrf_statistics(filtered.str(), doc.target.str(), words);
  } else if (metric.hf_evaluate) {
    return {evaluate_value(metric, filtered, doc.target)};
  }
  throw UserError("task " + spec_.name + ": metric " + metric.metric +
                  " does not fit output_type " + spec_.output_type);
}

/// A program that nobody could judge is an error of the item, never a wrong answer.
MetricValues ConfigurableTask::values_of_code(ItemScore& score, const MetricSpec& metric,
                                              const PyValue& target,
                                              const PyValue& filtered) const {
  if (!settings_.judge) throw UserError("task " + spec_.name + " runs generated code");
  const std::vector<CodeProgram> programs = metric.native->programs(target, filtered);
  const std::vector<CodeOutcome> outcomes = settings_.judge->judge(programs);
  for (const CodeOutcome& outcome : outcomes) {
    if (outcome.verdict == Verdict::kSetupError)
      throw UserError("code not judged: " + outcome.detail);
  }
  score.verdicts_json = outcomes_json(outcomes);
  return metric.native->judged(outcomes, metric.arguments);
}

bool ConfigurableTask::runs_code() const {
  return std::any_of(spec_.metrics.begin(), spec_.metrics.end(),
                     [](const MetricSpec& m) { return m.native && m.native->programs; });
}

void ConfigurableTask::add_values(ItemScore& score, const Rendered& doc, const PyValue& filtered,
                                  std::span<const RequestAnswer> answers) const {
  for (std::size_t m = 0; m < spec_.metrics.size(); ++m) {
    const MetricSpec& metric = spec_.metrics[m];
    if (!metric.native) {
      score.metrics.emplace_back(metric.metric, value(metric, m, doc, filtered, answers));
      continue;
    }
    for (auto& one : metric.native->programs
                         ? values_of_code(score, metric, doc.target, filtered)
                         : metric.native->values(doc.target, filtered, metric.arguments))
      score.metrics.push_back(std::move(one));
  }
  if (beside_.empty()) return;
  const ChoiceAnswers choices =
      choice_answers(doc, answers, spec_.output_type == "perplexity_choice");
  for (const std::string& name : beside_)
    score.metrics.emplace_back(name, multiple_choice_value(name, choices));
}

std::vector<ItemScore> ConfigurableTask::score(const TaskItem& item,
                                               std::span<const RequestAnswer> answers) const {
  const PyValue document =
      PyValue::from_json(docs_->rows.at(static_cast<std::size_t>(item.doc_id)));
  const Rendered doc = render(document);
  std::vector<ItemScore> scores;
  for (const Filter& filter : filters_) {
    ItemScore score;
    score.filter = filter.name();
    Json logged = Json::array();
    PyValue filtered;
    for (std::size_t r = 0; r < item.requests.size(); ++r) {
      if (item.requests[r].kind == RequestKind::kGenerate) {
        filtered = filter.apply(answers[r].texts, document);
        logged.push_back(filtered.to_json());
      } else if (item.requests[r].kind == RequestKind::kRolling) {
        logged.push_back(python_float_repr(answers[r].logprob));
      } else {
        logged.push_back(Json::array(
            {python_float_repr(answers[r].logprob), answers[r].is_greedy ? "True" : "False"}));
      }
    }
    score.filtered_json = compact_json(logged);
    if (spec_.process_results) {
      score.metrics = spec_.process_results(document, {answers, filtered});
    } else {
      add_values(score, doc, filtered, answers);
    }
    scores.push_back(std::move(score));
  }
  return scores;
}

}  // namespace

std::shared_ptr<const Task> make_configurable_task(TaskSpec spec, const DatasetCatalog& catalog,
                                                   const TaskSettings& settings) {
  return std::make_shared<ConfigurableTask>(std::move(spec), catalog, settings);
}

}  // namespace flm
