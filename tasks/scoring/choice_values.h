// The values of a multiple-choice document, each one number unless it says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace flm {

/// What the answers of a multiple-choice document say.
struct ChoiceAnswers {
  std::vector<double> logprobs;       // [choices]
  std::vector<bool> greedy;           // [choices]
  std::vector<std::int64_t> tokens;   // [choices], of the continuations
  std::vector<double> unconditional;  // [choices], acc_mutual_info only
  std::vector<std::string> choices;   // texts whose length normalises
  std::vector<std::size_t> bytes;     // [choices], UTF-8 of the continuations without delimiter
  std::vector<std::int64_t> gold;     // one, or several where any counts; -100 is out of range
  bool gold_is_list = false;
};

/// 1 where the most likely choice is right; likelihoods as they are, over characters, bytes or
/// tokens, or less those without the context.
std::vector<double> choice_acc(const ChoiceAnswers& answers);
std::vector<double> choice_acc_norm(const ChoiceAnswers& answers);
std::vector<double> choice_acc_bytes(const ChoiceAnswers& answers);
std::vector<double> choice_acc_norm_tokens(const ChoiceAnswers& answers);
std::vector<double> choice_acc_mutual_info(const ChoiceAnswers& answers);
/// 1 where greedy decoding gives the right answer.
std::vector<double> choice_exact_match(const ChoiceAnswers& answers);
/// {gold, prediction}.
std::vector<double> choice_labels(const ChoiceAnswers& answers);
/// {gold, probabilities...}.
std::vector<double> choice_probabilities(const ChoiceAnswers& answers);

/// Our own values of the right answer, which move before accuracy does; NaN without one.
std::vector<double> choice_likelihood(const ChoiceAnswers& answers);
std::vector<double> choice_gold_prob(const ChoiceAnswers& answers);
std::vector<double> choice_gold_bpb(const ChoiceAnswers& answers);
std::vector<double> choice_gold_margin(const ChoiceAnswers& answers);

/// Bits per byte of a text of so many bytes.
double bits_per_byte(double logprob, std::size_t bytes);

}  // namespace flm
