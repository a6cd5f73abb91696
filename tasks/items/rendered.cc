#include "tasks/items/rendered.h"

#include <algorithm>

#include "base/errors.h"

namespace flm {

std::string answer_text(const PyValue& target, const std::vector<std::string>& choices) {
  if (target.is_list())
    return target.items().empty() ? "" : answer_text(target.items()[0], choices);
  const bool number = target.is_integer();  // True is 1 in Python
  if (!number || choices.empty()) return target.str();
  const std::int64_t n = static_cast<std::int64_t>(choices.size()), index = target.as_int();
  if (index < -n || index >= n)
    throw UserError("a few-shot row's target lies outside its choices: " + target.str());
  return choices[static_cast<std::size_t>(index < 0 ? index + n : index)];
}

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

std::vector<std::string> metrics_beside(const TaskSpec& spec) {
  std::vector<std::string> names;
  if (spec.output_type != "multiple_choice" || spec.process_results) return names;
  const auto bypass = [](const MetricSpec& m) { return m.metric == "bypass"; };
  if (std::any_of(spec.metrics.begin(), spec.metrics.end(), bypass)) return names;
  for (const char* name : {"acc_norm", "acc_bytes", "gold_prob", "gold_bpb", "gold_margin"}) {
    const bool named = std::any_of(spec.metrics.begin(), spec.metrics.end(),
                                   [&](const MetricSpec& m) { return m.metric == name; });
    if (!named) names.push_back(name);
  }
  return names;
}

}  // namespace flm
