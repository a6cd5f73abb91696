#include "tasks/scoring/metrics.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/errors.h"
#include "base/utf8.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

std::string without(const std::string& text, std::string_view characters) {
  std::string kept;
  for (char c : text) {
    if (characters.find(c) == std::string_view::npos) kept += c;
  }
  return kept;
}

constexpr std::string_view kPunctuation =
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";  // string.punctuation

/// numpy.char.lower keeps the width of its array: where lower-casing makes a text longer (U+0130),
/// the end is cut off.
std::string numpy_lower(const std::string& text) {
  return python_substring(python_lower(text), 0, static_cast<std::int64_t>(utf8_length(text)));
}

double hit(const ChoiceAnswers& answers, std::size_t prediction) {
  const auto p = static_cast<std::int64_t>(prediction);
  return std::find(answers.gold.begin(), answers.gold.end(), p) != answers.gold.end() ? 1.0 : 0.0;
}

/// Log-likelihoods over lengths; x/0 is -inf and 0/0 NaN, as in numpy.
std::vector<double> over_lengths(const ChoiceAnswers& answers, bool bytes) {
  std::vector<double> out;
  for (std::size_t i = 0; i < answers.logprobs.size(); ++i) {
    const std::size_t length =
        bytes ? answers.choices.at(i).size() : utf8_length(answers.choices.at(i));
    out.push_back(answers.logprobs[i] / static_cast<double>(length));
  }
  return out;
}

std::vector<double> softmax(const std::vector<double>& logs) {
  const double most = *std::max_element(logs.begin(), logs.end());
  std::vector<double> out;
  double sum = 0;
  for (double value : logs) out.push_back(std::exp(value - most)), sum += out.back();
  for (double& value : out) value /= sum;
  return out;
}

std::vector<double> over_tokens(const ChoiceAnswers& answers) {
  std::vector<double> out;
  for (std::size_t i = 0; i < answers.logprobs.size(); ++i) {
    if (answers.tokens.at(i) <= 0)
      throw UserError("acc_norm_tokens needs the number of tokens, which these answers lack");
    out.push_back(answers.logprobs[i] / static_cast<double>(answers.tokens[i]));
  }
  return out;
}

/// Our own real values of the right answer, which move before accuracy does; NaN without one.
double gold_value(const std::string& metric, const ChoiceAnswers& answers) {
  double gold = -INFINITY, other = -INFINITY, mass = 0;
  std::size_t best = 0;
  const std::vector<double> shares = softmax(answers.logprobs);
  for (std::size_t i = 0; i < answers.logprobs.size(); ++i) {
    if (hit(answers, i) == 0) {
      other = std::max(other, answers.logprobs[i]);
      continue;
    }
    mass += shares[i];
    if (answers.logprobs[i] > gold) gold = answers.logprobs[i], best = i;
  }
  if (gold == -INFINITY) return NAN;
  if (metric == "likelihood") return gold;
  if (metric == "gold_prob") return mass;
  if (metric == "gold_margin") return gold - other;
  if (metric == "gold_bpb") return bits_per_byte(gold, answers.bytes.at(best));
  throw UserError("metric " + metric + " does not fit output_type multiple_choice");
}

double gold_is_greedy(const ChoiceAnswers& answers) {
  const auto n = static_cast<std::int64_t>(answers.greedy.size());
  for (std::int64_t gold : answers.gold) {
    const std::int64_t index =
        gold < 0 && gold >= -n ? gold + n : gold;  // Python counts from the end
    if (index >= 0 && index < n && answers.greedy[static_cast<std::size_t>(index)]) return 1.0;
  }
  return 0.0;
}

}  // namespace

double bits_per_byte(double logprob, std::size_t bytes) {
  return -logprob / (std::numbers::ln2 * static_cast<double>(bytes));
}

double evaluate_value(const MetricSpec& metric, const PyValue& prediction,
                      const PyValue& reference) {
  const auto number = [](const PyValue& value) {
    return value.is_string() ? python_parse_int(value.as_string()) : value.as_big_int();
  };
  const bool equal = number(prediction) == number(reference);
  const PyValue* average = find_argument(metric.arguments, "average");
  const bool binary = metric.metric == "f1" && (!average || *average == PyValue("binary"));
  return equal && (!binary || number(prediction) == 1) ? 1.0 : 0.0;
}

ExactMatch::ExactMatch(const MetricSpec& spec)
    : case_(spec.ignore_case),
      punctuation_(spec.ignore_punctuation),
      numbers_(spec.ignore_numbers) {
  if (spec.regexes_to_ignore) {
    for (const std::string& pattern : *spec.regexes_to_ignore)
      ignored_.push_back(PythonRegex::compile(pattern));
  }
  // An empty list of regexes skips the conversion to arrays.
  arrays_ = !spec.regexes_to_ignore || !ignored_.empty() || case_ || punctuation_ || numbers_;
}

std::string ExactMatch::normalised(std::string text) const {
  for (const PythonRegex& regex : ignored_) text = regex.sub("", text);
  if (case_) text = numpy_lower(text);
  if (punctuation_) text = without(text, kPunctuation);
  if (numbers_) text = without(text, "0123456789");
  while (arrays_ && !text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

double ExactMatch::operator()(const std::string& prediction, const std::string& reference) const {
  return normalised(prediction) == normalised(reference) ? 1.0 : 0.0;
}

double numpy_sum(std::span<const double> values) {
  const std::size_t n = values.size();
  if (n > 128) {
    const std::size_t half = n / 2 - (n / 2) % 8;
    return numpy_sum(values.first(half)) + numpy_sum(values.subspan(half));
  }
  double sum = n < 8 ? -0.0 : 0;
  std::size_t done = 0;
  if (n >= 8) {
    double part[8];
    std::copy_n(values.begin(), 8, part);
    for (done = 8; done + 8 <= n; done += 8)
      for (std::size_t i = 0; i < 8; ++i) part[i] += values[done + i];
    sum = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
  }
  for (; done < n; ++done) sum += values[done];
  return sum;
}

std::size_t numpy_argmax(const std::vector<double>& values) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) return i;
    if (values[i] > values[best]) best = i;
  }
  return best;
}

std::vector<double> multiple_choice_value(const std::string& metric, const ChoiceAnswers& answers) {
  const auto gold = static_cast<double>(answers.gold.at(0));
  if (metric == "acc") return {hit(answers, numpy_argmax(answers.logprobs))};
  if (metric == "acc_norm") return {hit(answers, numpy_argmax(over_lengths(answers, false)))};
  if (metric == "acc_bytes" || metric == "acc_norm_bytes")
    return {hit(answers, numpy_argmax(over_lengths(answers, true)))};
  if (metric == "exact_match") return {gold_is_greedy(answers)};
  if (metric == "f1" || metric == "mcc")
    return {gold, static_cast<double>(numpy_argmax(answers.logprobs))};
  if (metric == "acc_mutual_info") {
    std::vector<double> gain;
    for (std::size_t i = 0; i < answers.logprobs.size(); ++i)
      gain.push_back(answers.logprobs[i] - answers.unconditional.at(i));
    return {hit(answers, numpy_argmax(gain))};
  }
  if (metric == "brier_score") {
    std::vector<double> value = softmax(answers.logprobs);
    value.insert(value.begin(), gold);
    return value;
  }
  if (metric == "acc_norm_tokens") return {hit(answers, numpy_argmax(over_tokens(answers)))};
  return {gold_value(metric, answers)};
}

std::vector<double> rolling_value(const std::string& metric, const std::string& text,
                                  const RequestAnswer& answer) {
  const auto bytes = static_cast<double>(text.size());
  if (metric == "byte_perplexity" || metric == "bits_per_byte") return {answer.logprob, bytes};
  if (metric == "word_perplexity") {
    static const PythonRegex space = PythonRegex::compile("\\s+");
    return {answer.logprob, static_cast<double>(space.split(text).size())};
  }
  if (metric == "bpb") {
    return {-answer.logprob, bytes - static_cast<double>(answer.excluded_bytes),
            static_cast<double>(answer.tokens)};
  }
  throw UserError("metric " + metric + " does not fit output_type loglikelihood_rolling");
}

}  // namespace flm
