#include "tasks/items/rendered.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>

#include "base/errors.h"

namespace flm {
namespace {

constexpr std::int64_t kNoChoice = -100;  // lm-evaluation-harness's index of what is no choice

/// Of multiple inputs the text is the index of the right one.
const PyValue& gold_value(const Rendered& doc) {
  return doc.multiple_inputs ? doc.text : doc.target;
}

std::int64_t index_of(const PyValue& gold, const std::vector<std::string>& choices) {
  const auto count = static_cast<std::int64_t>(choices.size());
  if (gold.is_integer()) {
    const PyInt index = gold.as_big_int();
    return index >= INT64_MIN && index < count ? static_cast<std::int64_t>(index) : kNoChoice;
  }
  const auto found = std::find(choices.begin(), choices.end(), gold.str());
  return found == choices.end() ? kNoChoice : found - choices.begin();
}

}  // namespace

bool is_choice_task(const TaskSpec& spec) {
  return spec.output_type == "multiple_choice" || spec.output_type == "perplexity_choice";
}

std::vector<std::int64_t> gold_choices(const Rendered& doc) {
  const PyValue& gold = gold_value(doc);
  if (!gold.is_list()) return {index_of(gold, doc.choices)};
  std::vector<std::int64_t> out;
  for (const PyValue& one : gold.items()) {
    if (!one.is_integer())
      throw UserError("a list of right answers must hold indices of choices: " + one.repr());
    out.push_back(index_of(one, doc.choices));
  }
  if (out.empty()) out.push_back(kNoChoice);
  return out;
}

std::vector<std::size_t> right_choices(const Rendered& doc) {
  std::set<std::size_t> right;
  for (const std::int64_t index : gold_choices(doc))
    if (index >= 0 && index < std::ssize(doc.choices))
      right.insert(static_cast<std::size_t>(index));
  return {right.begin(), right.end()};
}

std::string why_never_right(const Rendered& doc) {
  if (!right_choices(doc).empty()) return "";
  return "the right answer is none of the " + std::to_string(doc.choices.size()) +
         " choices: " + gold_value(doc).repr();
}

ChoiceAnswers choice_answers(const Rendered& doc, std::span<const RequestAnswer> answers,
                             bool token_means) {
  ChoiceAnswers out;
  const std::size_t n = doc.choices.size();
  if (answers.size() < n) throw UserError("the document has fewer answers than choices");
  for (std::size_t i = 0; i < n; ++i) {
    // OpenCompass divides by the number of tokens, of which the first has no prediction.
    out.logprobs.push_back(token_means
                               ? answers[i].logprob / static_cast<double>(answers[i].tokens + 1)
                               : answers[i].logprob);
    out.greedy.push_back(answers[i].is_greedy);
    out.tokens.push_back(answers[i].tokens);
    out.bytes.push_back(doc.multiple_inputs ? doc.target.str().size() : doc.choices[i].size());
    if (answers.size() >= 2 * n) out.unconditional.push_back(answers[n + i].logprob);
  }
  out.choices = doc.choices;
  out.gold_is_list = gold_value(doc).is_list();
  out.gold = gold_choices(doc);
  return out;
}

std::vector<const KnownMetric*> metrics_beside(const TaskSpec& spec) {
  std::vector<const KnownMetric*> beside;
  if (spec.output_type != "multiple_choice" || spec.process_results) return beside;
  const auto named = [&](const std::string& name) {
    return std::any_of(spec.metrics.begin(), spec.metrics.end(),
                       [&](const MetricSpec& m) { return m.metric == name; });
  };
  if (named("bypass")) return beside;
  for (const KnownMetric& metric : known_metrics()) {
    if (metric.beside && !named(metric.name)) beside.push_back(&metric);
  }
  return beside;
}

}  // namespace flm
