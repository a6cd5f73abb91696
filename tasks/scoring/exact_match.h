// exact_match of a generated text with its references.
#pragma once

#include <string>
#include <vector>

#include "tasks/python/regex.h"
#include "tasks/python/value.h"
#include "tasks/spec.h"

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

/// The text that answers a document: a choice by its number, the first of several targets, else the
/// target itself. UserError for a number outside the choices.
std::string answer_text(const PyValue& target, const std::vector<std::string>& choices);

}  // namespace flm
