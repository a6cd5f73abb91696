// The value of one document under a metric, as pure functions; aggregation is reports/'s.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tasks/python/regex.h"
#include "tasks/spec.h"
#include "tasks/task.h"

namespace flm {

/// exact_match with its switches compiled once. Thread-safe.
class ExactMatch {
 public:
  explicit ExactMatch(const MetricSpec& spec);
  /// 1 where prediction and reference are equal after the switches, which act on both alike.
  double operator()(const std::string& prediction, const std::string& reference) const;

 private:
  std::string normalised(std::string text) const;

  std::vector<PythonRegex> ignored_;
  bool case_, punctuation_, numbers_;
  bool arrays_;  // lm-evaluation-harness compares numpy strings, which drop final NULs
};

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

/// The value of `metric`: one number, or {gold, probabilities...} for brier_score, {gold,
/// prediction} for f1, mcc.
std::vector<double> multiple_choice_value(const std::string& metric, const ChoiceAnswers& answers);

/// accuracy and f1 of the evaluate library on one pair of whole numbers: 1 where they are equal; f1
/// with average binary also wants them to be 1.
double evaluate_value(const MetricSpec& metric, const PyValue& prediction,
                      const PyValue& reference);

/// Bits per byte of a text of so many bytes.
double bits_per_byte(double logprob, std::size_t bytes);

/// {log-likelihood, words or bytes} of a rolling text; bpb: {nll, bytes, tokens}.
std::vector<double> rolling_value(const std::string& metric, const std::string& text,
                                  const RequestAnswer& answer);

/// numpy's sum: pairwise, eight partial sums in blocks of 128.
double numpy_sum(std::span<const double> values);

/// numpy's argmax: the first NaN if there is one, else the lowest index of the largest.
std::size_t numpy_argmax(const std::vector<double>& values);

}  // namespace flm
