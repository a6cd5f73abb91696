#include "tasks/items/rendered.h"

#include <algorithm>

#include "base/errors.h"

namespace flm {

ChoiceAnswers choice_answers(const Rendered& doc, std::span<const RequestAnswer> answers,
                             bool token_means) {
  ChoiceAnswers out;
  const std::size_t n = doc.choices.size();
  if (n == 0 || answers.size() < n) throw UserError("a document has no choices, or no answers");
  for (std::size_t i = 0; i < n; ++i) {
    // OpenCompass divides by the number of tokens, of which the first has no prediction.
    out.logprobs.push_back(token_means
                               ? answers[i].logprob / static_cast<double>(answers[i].tokens + 1)
                               : answers[i].logprob);
    out.greedy.push_back(answers[i].is_greedy);
    out.tokens.push_back(answers[i].tokens);
    out.bytes.push_back(doc.text.is_int() ? doc.target.str().size() : doc.choices[i].size());
    if (answers.size() >= 2 * n) out.unconditional.push_back(answers[n + i].logprob);
  }
  out.choices = doc.choices;
  const auto in_range = [&](std::int64_t gold) {
    return gold < static_cast<std::int64_t>(n) ? gold : -100;
  };
  const PyValue gold = doc.text.is_int() ? doc.text : doc.target;
  if (gold.is_list()) {
    out.gold_is_list = true;
    for (const PyValue& one : gold.items()) out.gold.push_back(in_range(one.as_int()));
  } else if (gold.is_integer()) {
    out.gold.push_back(in_range(gold.as_int()));
  } else {
    std::int64_t index = -100;
    for (std::size_t i = n; i-- > 0;) {
      if (doc.choices[i] == gold.str()) index = static_cast<std::int64_t>(i);
    }
    out.gold.push_back(index);
  }
  if (out.gold.empty()) out.gold.push_back(-100);
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
