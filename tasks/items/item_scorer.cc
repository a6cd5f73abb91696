#include "tasks/items/item_scorer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tasks/python/text.h"
#include "tasks/sandbox/code_judge.h"

namespace flm {
namespace {

Json logged(RequestKind kind, const RequestAnswer& answer) {
  if (kind == RequestKind::kRolling) return python_float_repr(answer.logprob);
  return Json::array({python_float_repr(answer.logprob), answer.is_greedy ? "True" : "False"});
}

/// The harness's sanitize_list: texts in lists, whatever they were.
Json logged_texts(const PyValue& filtered) {
  if (!filtered.is_list() && !filtered.is_tuple()) return filtered.str();
  Json texts = Json::array();
  for (const PyValue& one : filtered.items()) texts.push_back(logged_texts(one));
  return texts;
}

}  // namespace

ItemScorer::ItemScorer(const TaskSpec& spec, std::shared_ptr<const CodeJudge> judge,
                       bool multiple_targets)
    : spec_(spec),
      judge_(std::move(judge)),
      multiple_targets_(multiple_targets),
      beside_(metrics_beside(spec)) {
  for (const FilterPipeline& pipeline : spec.filters) filters_.emplace_back(pipeline);
  for (const MetricSpec& metric : spec.metrics) {
    known_.push_back(find_metric(metric.metric));
    exact_.emplace_back(metric);
    const bool own = metric.native || spec.process_results;  // the file's own functions
    if (!own && (!known_.back() || !known_.back()->fits(spec.output_type))) does_not_fit(metric);
  }
}

std::vector<MetricInfo> ItemScorer::metrics() const {
  std::vector<MetricInfo> infos;
  for (const Filter& filter : filters_) {
    for (const MetricSpec& m : spec_.metrics) {
      const std::vector<std::string> names =
          m.native ? m.native->names(m.arguments) : std::vector<std::string>{m.metric};
      for (const std::string& one : names)
        infos.push_back({filter.name(), one, m.aggregation, m.higher_is_better});
    }
    for (const KnownMetric* m : beside_)
      infos.push_back({filter.name(), m->name, m->aggregation, m->higher_is_better, true});
  }
  return infos;
}

bool ItemScorer::runs_code() const {
  return std::any_of(spec_.metrics.begin(), spec_.metrics.end(),
                     [](const MetricSpec& m) { return m.native && m.native->programs; });
}

ChoiceAnswers ItemScorer::choices(const Rendered& doc,
                                  std::span<const RequestAnswer> answers) const {
  return choice_answers(doc, answers, spec_.output_type == "perplexity_choice");
}

void ItemScorer::does_not_fit(const MetricSpec& metric) const {
  throw UserError("task " + spec_.name + ": metric " + metric.metric +
                  " does not fit output_type " + spec_.output_type);
}

std::vector<double> ItemScorer::value(std::size_t index, const Rendered& doc,
                                      const PyValue& filtered,
                                      std::span<const RequestAnswer> answers) const {
  const KnownMetric* known = known_[index];
  const std::string& type = spec_.output_type;
  FLM_CHECK(known && known->fits(type), "a metric that the constructor lets pass");
  if (known->constant) return {*known->constant};
  if (type == "multiple_choice") return known->choice(choices(doc, answers));
  if (type == "perplexity_choice") return known->texts(choices(doc, answers));
  if (type == "loglikelihood") return known->continuation(answers[0], doc.target);
  if (type == "loglikelihood_rolling") return known->rolling(answers[0], doc.target.str());
  return known->generation(
      {filtered, doc.target, doc.choices, multiple_targets_, spec_.metrics[index], exact_[index]});
}

/// A program that nobody could judge is an error of the item, never a wrong answer.
MetricValues ItemScorer::values_of_code(ItemScore& score, const MetricSpec& metric,
                                        const PyValue& target, const PyValue& filtered) const {
  if (!judge_) throw UserError("task " + spec_.name + " runs generated code");
  const std::vector<CodeProgram> programs = metric.native->programs(target, filtered);
  const std::vector<CodeOutcome> outcomes = judge_->judge(programs);
  for (const CodeOutcome& outcome : outcomes) {
    if (outcome.verdict == Verdict::kSetupError)
      throw UserError("code not judged: " + outcome.detail);
  }
  score.verdicts_json = outcomes_json(outcomes);
  return metric.native->judged(outcomes, metric.arguments);
}

void ItemScorer::add_values(ItemScore& score, const Rendered& doc, const PyValue& filtered,
                            std::span<const RequestAnswer> answers) const {
  for (std::size_t m = 0; m < spec_.metrics.size(); ++m) {
    const MetricSpec& metric = spec_.metrics[m];
    if (!metric.native) {
      score.metrics.emplace_back(metric.metric, value(m, doc, filtered, answers));
      if (known_[m]->of_texts && !doc.choices.empty())
        score.reference = reference_text(doc.target, doc.choices).str();
      continue;
    }
    for (auto& one : metric.native->programs
                         ? values_of_code(score, metric, doc.target, filtered)
                         : metric.native->values(doc.target, filtered, metric.arguments))
      score.metrics.push_back(std::move(one));
  }
  if (beside_.empty()) return;
  const ChoiceAnswers answered = choices(doc, answers);
  for (const KnownMetric* metric : beside_)
    score.metrics.emplace_back(metric->name, metric->choice(answered));
}

/// What the filter leaves of generated texts; the score logs it, or the log-likelihoods.
PyValue ItemScorer::filtered(ItemScore& score, const Filter& filter, const TaskItem& item,
                             const PyValue& document,
                             std::span<const RequestAnswer> answers) const {
  Json log = Json::array();
  PyValue left;
  for (std::size_t r = 0; r < item.requests.size(); ++r) {
    if (item.requests[r].kind == RequestKind::kGenerate) {
      left = filter.apply(answers[r].texts, document);
      log.push_back(logged_texts(left));
    } else {
      log.push_back(logged(item.requests[r].kind, answers[r]));
    }
  }
  score.filtered_json = compact_json(log);
  return left;
}

/// What guessing is worth: known where the answer is one of the document's own choices.
void ItemScorer::count_choices(ItemScore& score, const Rendered& doc) {
  score.choices = doc.choices.size();
  score.right_choices = right_choices(doc).size();
}

std::vector<ItemScore> ItemScorer::score(const TaskItem& item, const PyValue& document,
                                         const Rendered& doc,
                                         std::span<const RequestAnswer> answers) const {
  std::vector<ItemScore> scores;
  for (const Filter& filter : filters_) {
    ItemScore score;
    score.filter = filter.name();
    const PyValue left = filtered(score, filter, item, document, answers);
    if (spec_.process_results) {
      score.metrics = spec_.process_results(document, {answers, left});
    } else {
      add_values(score, doc, left, answers);
      if (is_choice_task(spec_)) count_choices(score, doc);
    }
    scores.push_back(std::move(score));
  }
  return scores;
}

}  // namespace flm
