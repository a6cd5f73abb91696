#include "tasks/scoring/choice_values.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/errors.h"
#include "base/text/joined.h"
#include "base/text/utf8.h"

namespace flm {
namespace {

bool is_gold(const ChoiceAnswers& answers, std::size_t choice) {
  const auto c = static_cast<std::int64_t>(choice);
  return std::find(answers.gold.begin(), answers.gold.end(), c) != answers.gold.end();
}

/// numpy's argmax: the first NaN if there is one, else the lowest index of the largest.
std::size_t numpy_argmax(const std::vector<double>& values) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) return i;
    if (values[i] > values[best]) best = i;
  }
  return best;
}

/// 1 where the largest of these belongs to a right answer.
std::vector<double> hit(const ChoiceAnswers& answers, const std::vector<double>& values) {
  return {is_gold(answers, numpy_argmax(values)) ? 1.0 : 0.0};
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

double first_gold(const ChoiceAnswers& answers) { return static_cast<double>(answers.gold.at(0)); }

/// The likeliest right answer and the likeliest wrong one.
struct Best {
  double gold = -INFINITY, other = -INFINITY;  // log-likelihoods
  std::size_t index = 0;                       // of the right one
  bool known() const { return gold != -INFINITY; }
};

Best best_of(const ChoiceAnswers& answers) {
  Best best;
  for (std::size_t i = 0; i < answers.logprobs.size(); ++i) {
    const double value = answers.logprobs[i];
    if (!is_gold(answers, i)) {
      best.other = std::max(best.other, value);
    } else if (value > best.gold) {
      best.gold = value, best.index = i;
    }
  }
  return best;
}

/// lm-evaluation-harness fails on lists of right answers here, or has a figure of no meaning.
void want_one_right(const ChoiceAnswers& answers, const std::string& who) {
  if (!answers.gold_is_list) return;
  const std::string list =
      joined(answers.gold, ", ", [](std::int64_t index) { return std::to_string(index); });
  throw UserError(who + " one right answer, not a list; use acc or exact_match: [" + list + "]");
}

}  // namespace

std::vector<double> choice_acc(const ChoiceAnswers& answers) {
  return hit(answers, answers.logprobs);
}

std::vector<double> choice_acc_norm(const ChoiceAnswers& answers) {
  return hit(answers, over_lengths(answers, false));
}

std::vector<double> choice_acc_bytes(const ChoiceAnswers& answers) {
  return hit(answers, over_lengths(answers, true));
}

std::vector<double> choice_acc_norm_tokens(const ChoiceAnswers& answers) {
  std::vector<double> values;
  for (std::size_t i = 0; i < answers.logprobs.size(); ++i) {
    if (answers.tokens.at(i) <= 0)
      throw UserError("acc_norm_tokens needs the number of tokens, which these answers lack");
    values.push_back(answers.logprobs[i] / static_cast<double>(answers.tokens[i]));
  }
  return hit(answers, values);
}

std::vector<double> choice_acc_mutual_info(const ChoiceAnswers& answers) {
  std::vector<double> gain;
  for (std::size_t i = 0; i < answers.logprobs.size(); ++i)
    gain.push_back(answers.logprobs[i] - answers.unconditional.at(i));
  return hit(answers, gain);
}

std::vector<double> choice_exact_match(const ChoiceAnswers& answers) {
  const auto n = static_cast<std::int64_t>(answers.greedy.size());
  for (std::int64_t gold : answers.gold) {
    const std::int64_t index =
        gold < 0 && gold >= -n ? gold + n : gold;  // Python counts from the end
    if (index >= 0 && index < n && answers.greedy[static_cast<std::size_t>(index)]) return {1.0};
  }
  return {0.0};
}

std::vector<double> choice_labels(const ChoiceAnswers& answers) {
  want_one_right(answers, "f1 and mcc want");
  return {first_gold(answers), static_cast<double>(numpy_argmax(answers.logprobs))};
}

std::vector<double> choice_probabilities(const ChoiceAnswers& answers) {
  want_one_right(answers, "brier_score wants");
  std::vector<double> values = softmax(answers.logprobs);
  values.insert(values.begin(), first_gold(answers));
  return values;
}

std::vector<double> choice_likelihood(const ChoiceAnswers& answers) {
  const Best best = best_of(answers);
  return {best.known() ? best.gold : NAN};
}

std::vector<double> choice_gold_prob(const ChoiceAnswers& answers) {
  if (!best_of(answers).known()) return {NAN};
  const std::vector<double> shares = softmax(answers.logprobs);
  double mass = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (is_gold(answers, i)) mass += shares[i];
  }
  return {mass};
}

std::vector<double> choice_gold_bpb(const ChoiceAnswers& answers) {
  const Best best = best_of(answers);
  return {best.known() ? bits_per_byte(best.gold, answers.bytes.at(best.index)) : NAN};
}

std::vector<double> choice_gold_margin(const ChoiceAnswers& answers) {
  const Best best = best_of(answers);
  return {best.known() ? best.gold - best.other : NAN};
}

double bits_per_byte(double logprob, std::size_t bytes) {
  return -logprob / (std::numbers::ln2 * static_cast<double>(bytes));
}

}  // namespace flm
