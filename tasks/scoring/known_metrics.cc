#include "tasks/scoring/known_metrics.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/regex.h"
#include "tasks/scoring/translation_statistics.h"

namespace flm {
namespace {

using Values = std::vector<double>;

Values is_greedy(const RequestAnswer& answer, const PyValue&) {
  return {answer.is_greedy ? 1.0 : 0.0};
}
Values log_likelihood(const RequestAnswer& answer, const PyValue&) { return {answer.logprob}; }
Values bits_per_byte_of_target(const RequestAnswer& answer, const PyValue& target) {
  return {bits_per_byte(answer.logprob, target.str().size())};
}

/// {log-likelihood, words or bytes}.
Values over_words(const RequestAnswer& answer, const std::string& text) {
  static const PythonRegex space = PythonRegex::compile("\\s+");
  return {answer.logprob, static_cast<double>(space.split(text).size())};
}
Values over_bytes(const RequestAnswer& answer, const std::string& text) {
  return {answer.logprob, static_cast<double>(text.size())};
}
/// {negative log-likelihood, bytes, tokens}.
Values loss_bytes_tokens(const RequestAnswer& answer, const std::string& text) {
  const auto bytes = static_cast<double>(text.size());
  return {-answer.logprob, bytes - static_cast<double>(answer.excluded_bytes),
          static_cast<double>(answer.tokens)};
}

/// Python's list(target): of a text its characters, which the harness takes where the first
/// document's target is a list.
PyList listed(const PyValue& target) {
  if (target.is_list() || target.is_tuple()) return target.items();
  if (!target.is_string()) return {target};
  PyList out;
  for (const char32_t character : utf8_decode(target.as_string()))
    out.emplace_back(utf8_encode({&character, 1}));
  return out;
}

Values exact_match(const GenerationAnswer& a) {
  ExactTargets targets;
  targets.any = a.any_of_targets && (a.choices.empty() || a.target.is_list());
  if (!a.choices.empty() && !a.target.is_list()) {
    targets.items = {PyValue(answer_text(a.target, a.choices))};
  } else if (targets.any) {
    targets.items = listed(a.target);
  } else {
    const PyValue target = cast_to_type_of(a.prediction, a.target);
    targets.items = target.is_list() ? target.items() : PyList{target};
  }
  return {exact_match(a.exact, a.prediction, targets)};
}

PyValue reference(const GenerationAnswer& a) { return reference_text(a.target, a.choices); }

PyInt whole_number(const PyValue& value) {
  return value.is_string() ? python_parse_int(value.as_string()) : value.as_big_int();
}

/// accuracy and f1 of the evaluate library on one pair of whole numbers: 1 where they are equal; f1
/// with average binary also wants them to be 1.
Values hf_accuracy(const GenerationAnswer& a) {
  return {whole_number(a.prediction) == whole_number(reference(a)) ? 1.0 : 0.0};
}
Values hf_f1(const GenerationAnswer& a) {
  const PyValue* average = find_argument(a.metric.arguments, "average");
  const bool binary = !average || *average == PyValue("binary");
  const Values equal = hf_accuracy(a);
  return binary && whole_number(a.prediction) != 1 ? Values{0.0} : equal;
}

/// A filter may leave a list of one (majority_vote).
std::string translation(const GenerationAnswer& a) {
  if (!a.prediction.is_list()) return a.prediction.str();
  if (a.prediction.items().size() == 1) return a.prediction.items()[0].str();
  throw UserError("a translation is one text; end the filter with take_first: " +
                  a.prediction.repr());
}

Values bleu(const GenerationAnswer& a) {
  return bleu_statistics(translation(a), reference(a).str());
}
Values ter(const GenerationAnswer& a) { return ter_statistics(translation(a), reference(a).str()); }
template <int words>
Values chrf(const GenerationAnswer& a) {
  return chrf_statistics(translation(a), reference(a).str(), words);
}

}  // namespace

// lm-evaluation-harness's, then our own.
const std::vector<KnownMetric>& known_metrics() {
  static const std::vector<KnownMetric> all = {
      {.name = "acc",
       .aggregation = "mean",
       .choice = choice_acc,
       .texts = choice_acc,
       .continuation = is_greedy},
      {.name = "acc_norm", .aggregation = "mean", .beside = true, .choice = choice_acc_norm},
      {.name = "acc_bytes", .aggregation = "mean", .beside = true, .choice = choice_acc_bytes},
      {.name = "acc_mutual_info", .aggregation = "mean", .choice = choice_acc_mutual_info},
      {.name = "exact_match",
       .aggregation = "mean",
       .choice = choice_exact_match,
       .generation = exact_match},
      {.name = "brier_score",
       .aggregation = "brier_score",
       .higher_is_better = false,
       .choice = choice_probabilities},
      {.name = "f1",
       .aggregation = "f1",
       .hf_evaluate = true,
       .choice = choice_labels,
       .generation = hf_f1},
      {.name = "mcc", .aggregation = "mcc", .choice = choice_labels},
      {.name = "accuracy", .aggregation = "mean", .hf_evaluate = true, .generation = hf_accuracy},
      {.name = "bleu", .aggregation = "bleu", .of_texts = true, .generation = bleu},
      {.name = "chrf", .aggregation = "chrf", .of_texts = true, .generation = chrf<0>},
      {.name = "chrf++", .aggregation = "chrf++", .of_texts = true, .generation = chrf<2>},
      {.name = "ter",
       .aggregation = "ter",
       .higher_is_better = false,
       .of_texts = true,
       .generation = ter},
      {.name = "perplexity",
       .aggregation = "perplexity",
       .higher_is_better = false,
       .continuation = log_likelihood},
      {.name = "word_perplexity",
       .aggregation = "weighted_perplexity",
       .higher_is_better = false,
       .rolling = over_words},
      {.name = "byte_perplexity",
       .aggregation = "weighted_perplexity",
       .higher_is_better = false,
       .rolling = over_bytes},
      {.name = "bits_per_byte",
       .aggregation = "bits_per_byte",
       .higher_is_better = false,
       .rolling = over_bytes},
      {.name = "likelihood",
       .aggregation = "mean",
       .choice = choice_likelihood,
       .continuation = log_likelihood},
      {.name = "bypass", .aggregation = "bypass", .constant = 999},
      {.name = "bpb",
       .aggregation = "bpb",
       .higher_is_better = false,
       .rolling = loss_bytes_tokens},
      {.name = "acc_norm_bytes", .aggregation = "mean", .choice = choice_acc_bytes},
      {.name = "acc_norm_tokens", .aggregation = "mean", .choice = choice_acc_norm_tokens},
      {.name = "gold_prob", .aggregation = "mean", .beside = true, .choice = choice_gold_prob},
      {.name = "gold_bpb",
       .aggregation = "mean",
       .higher_is_better = false,
       .beside = true,
       .choice = choice_gold_bpb,
       .continuation = bits_per_byte_of_target},
      {.name = "gold_margin", .aggregation = "mean", .beside = true, .choice = choice_gold_margin},
  };
  return all;
}

PyValue reference_text(const PyValue& target, const std::vector<std::string>& choices) {
  return choices.empty() ? target : PyValue(answer_text(target, choices));
}

const KnownMetric* find_metric(const std::string& name) {
  for (const KnownMetric& metric : known_metrics()) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

bool KnownMetric::fits(const std::string& output_type) const {
  if (constant) return true;
  if (output_type == "multiple_choice") return choice != nullptr;
  if (output_type == "perplexity_choice") return texts != nullptr;
  if (output_type == "loglikelihood") return continuation != nullptr;
  if (output_type == "loglikelihood_rolling") return rolling != nullptr;
  return output_type == "generate_until" && generation != nullptr;
}

std::vector<std::string> known_aggregations() {
  // Those that no metric has by itself, then the metrics' own.
  std::vector<std::string> names = {"mean", "nanmean", "median", "matthews_corrcoef"};
  for (const KnownMetric& metric : known_metrics()) {
    if (std::find(names.begin(), names.end(), metric.aggregation) == names.end())
      names.push_back(metric.aggregation);
  }
  return names;
}

std::vector<double> choice_value(const std::string& metric, const ChoiceAnswers& answers) {
  const KnownMetric* known = find_metric(metric);
  if (!known || !known->choice)
    throw UserError("metric " + metric + " does not fit output_type multiple_choice");
  return known->choice(answers);
}

std::vector<double> rolling_value(const std::string& metric, const std::string& text,
                                  const RequestAnswer& answer) {
  const KnownMetric* known = find_metric(metric);
  if (!known || !known->rolling)
    throw UserError("metric " + metric + " does not fit output_type loglikelihood_rolling");
  return known->rolling(answer, text);
}

}  // namespace flm
